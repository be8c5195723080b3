// ExtBackupKit
