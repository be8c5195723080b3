// Calls and constants that Swift's Glibc module does not show. Its module is built without _GNU_SOURCE,
// skips macros that hold casts, and cannot call variadic functions. Each entry says what it stands for;
// nothing here decides anything. Constants are defined in the C file: were _GNU_SOURCE set for this header,
// its types would clash with those that Swift's Glibc module knows.
#pragma once

#include <linux/stat.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Flags that Glibc hides (fcntl.h with _GNU_SOURCE).
extern const int32_t EXT_O_PATH;
extern const int32_t EXT_O_TMPFILE;
extern const int32_t EXT_O_NOATIME;
extern const int32_t EXT_O_DIRECT;
extern const int32_t EXT_AT_EMPTY_PATH;
extern const int32_t EXT_AT_SYMLINK_NOFOLLOW;
extern const int32_t EXT_SEEK_DATA;
extern const int32_t EXT_SEEK_HOLE;
extern const int32_t EXT_FALLOC_FL_KEEP_SIZE;
extern const int32_t EXT_FALLOC_FL_PUNCH_HOLE;
extern const uint32_t EXT_RENAME_NOREPLACE;
extern const uint32_t EXT_RENAME_EXCHANGE;
extern const int64_t EXT_UTIME_OMIT;
extern const uint32_t EXT_STATX_BASIC_STATS;
extern const uint32_t EXT_STATX_BTIME;
extern const uint64_t EXT_STATX_ATTR_MOUNT_ROOT;

// How openat2(2) may resolve a path (linux/openat2.h).
extern const uint64_t EXT_RESOLVE_BENEATH;
extern const uint64_t EXT_RESOLVE_NO_SYMLINKS;
extern const uint64_t EXT_RESOLVE_NO_XDEV;
extern const uint64_t EXT_RESOLVE_NO_MAGICLINKS;

// Variadic in C: fcntl's open family and syscall(2) cannot be called from Swift. openat2 has no wrapper in
// glibc 2.36. Each returns -1 and sets errno, as the call it stands for.
int ext_openat(int directory, const char *path, int flags, mode_t mode);
int ext_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int ext_fcntl(int fd, int command, int64_t argument);

// pipe2(2) with O_CLOEXEC.
int ext_pipe(int ends[2]);

// Not in Swift's Glibc: the name of a thread as ps -L and a core dump show it.
int ext_name_thread(unsigned long thread, const char *name);

// getrandom(2), all bytes or none (up to 256 the kernel gives them whole).
ssize_t ext_getrandom(void *buffer, size_t length);

// getdents64(2): glibc 2.30 has it under _GNU_SOURCE only.
ssize_t ext_getdents64(int fd, void *buffer, size_t length);

// statx(2), statvfs through statfs, and the calls below are hidden without _GNU_SOURCE.
int ext_statx(int directory, const char *path, int flags, uint32_t mask, struct statx *result);
int ext_syncfs(int fd);
int ext_renameat2(int from, const char *source, int to, const char *destination, uint32_t flags);
int ext_fallocate(int fd, int mode, int64_t offset, int64_t length);
int ext_unshare_mounts(void);
int ext_no_core_dumps(void);
uint64_t ext_makedev(uint32_t major, uint32_t minor);
uint32_t ext_major(uint64_t device);
uint32_t ext_minor(uint64_t device);

// ioctl(2) is variadic, its numbers are macros with casts (linux/fs.h).
int ext_blkgetsize64(int fd, uint64_t *bytes);
int ext_blkgetdiskseq(int fd, uint64_t *sequence);
int ext_blkflsbuf(int fd);
int ext_blkrrpart(int fd);

// BLKPG (linux/blkpg.h): makes or removes one partition in the kernel's table. Bytes, not sectors.
int ext_blkpg_add(int fd, int number, int64_t start, int64_t length);
int ext_blkpg_delete(int fd, int number);

// SG_IO (scsi/sg.h, not in Swift's Glibc): one SCSI command without data. Returns -1 with errno when the
// kernel does not pass it on; else 0 and outcome = {SCSI status, host status, driver status, sense key}.
int ext_scsi_command(int fd, const uint8_t *command, uint8_t length, uint32_t timeout_ms, uint8_t outcome[4]);

// mount(2) and umount2(2) with flags that older headers lack (MS_NOSYMFOLLOW: Linux 5.10).
extern const uint64_t EXT_MS_NOSYMFOLLOW;

// Gives the calling thread a working directory of its own (unshare(2), CLONE_FS); EINVAL for the first thread.
int ext_unshare_working_directory(void);

// sys/xattr.h is not in Swift's Glibc. The l forms do not follow a symbolic link in the last part.
ssize_t ext_llistxattr(const char *path, char *names, size_t length);
ssize_t ext_flistxattr(int fd, char *names, size_t length);
ssize_t ext_lgetxattr(const char *path, const char *name, void *value, size_t length);
ssize_t ext_fgetxattr(int fd, const char *name, void *value, size_t length);
int ext_lsetxattr(const char *path, const char *name, const void *value, size_t length);
int ext_fsetxattr(int fd, const char *name, const void *value, size_t length);
int ext_lremovexattr(const char *path, const char *name);
int ext_fremovexattr(int fd, const char *name);

// sync_file_range(2) is hidden without _GNU_SOURCE.
extern const uint32_t EXT_SYNC_FILE_RANGE_WAIT_BEFORE;
extern const uint32_t EXT_SYNC_FILE_RANGE_WRITE;
extern const uint32_t EXT_SYNC_FILE_RANGE_WAIT_AFTER;
int ext_sync_file_range(int fd, int64_t offset, int64_t length, uint32_t flags);

// pread(2) and pwrite(2) with an offset of 64 bits on every machine.
ssize_t ext_pread(int fd, void *buffer, size_t length, int64_t offset);
ssize_t ext_pwrite(int fd, const void *buffer, size_t length, int64_t offset);

// FICLONE (linux/fs.h): all contents of one file shared with another. ioctl(2) is variadic.
int ext_clone_file(int to, int from);

// preadv2(2) with RWF_NOWAIT, hidden without _GNU_SOURCE: what the page cache has, and nothing from the device.
ssize_t ext_pread_cached(int fd, void *buffer, size_t length, int64_t offset);

// fstatfs(2): sys/vfs.h is not in Swift's Glibc, and the magic numbers are macros (linux/magic.h).
extern const uint32_t EXT_BTRFS_SUPER_MAGIC;
int ext_file_system_kind(int fd, uint32_t *magic);

// TIOCGWINSZ: how wide the terminal is, in columns; 0 when it does not say, -1 with errno when there is none.
int ext_terminal_columns(int fd);

// adjtimex(2): 1 when another clock sets the kernel's, 0 when none does, -1 when the kernel does not say. sys/timex.h is
// not in Swift's Glibc.
int ext_clock_is_synchronized(void);
