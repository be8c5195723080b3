import Testing

/// Everything that starts a guest, one after the other: two cores are not shared by many guests.
@Suite(.serialized)
enum LabTests {}
