#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

const int32_t EXT_O_PATH = O_PATH;
const int32_t EXT_O_TMPFILE = O_TMPFILE;
const int32_t EXT_O_NOATIME = O_NOATIME;
const int32_t EXT_O_DIRECT = O_DIRECT;
const int32_t EXT_AT_EMPTY_PATH = AT_EMPTY_PATH;
const int32_t EXT_AT_SYMLINK_NOFOLLOW = AT_SYMLINK_NOFOLLOW;
const int32_t EXT_SEEK_DATA = SEEK_DATA;
const int32_t EXT_SEEK_HOLE = SEEK_HOLE;
const int32_t EXT_FALLOC_FL_KEEP_SIZE = FALLOC_FL_KEEP_SIZE;
const int32_t EXT_FALLOC_FL_PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE;
const uint32_t EXT_RENAME_NOREPLACE = RENAME_NOREPLACE;
const uint32_t EXT_RENAME_EXCHANGE = RENAME_EXCHANGE;
const int64_t EXT_UTIME_OMIT = UTIME_OMIT;
const uint32_t EXT_STATX_BASIC_STATS = STATX_BASIC_STATS;
const uint32_t EXT_STATX_BTIME = STATX_BTIME;
const uint64_t EXT_STATX_ATTR_MOUNT_ROOT = STATX_ATTR_MOUNT_ROOT;
const uint64_t EXT_RESOLVE_BENEATH = RESOLVE_BENEATH;
const uint64_t EXT_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;
const uint64_t EXT_RESOLVE_NO_XDEV = RESOLVE_NO_XDEV;
const uint64_t EXT_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS;

int ext_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

int ext_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int ext_fcntl(int fd, int command, int64_t argument) {
    return fcntl(fd, command, argument);
}

int ext_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int ext_name_thread(unsigned long thread, const char *name) {
    return pthread_setname_np(thread, name);
}

ssize_t ext_getrandom(void *buffer, size_t length) {
    return getrandom(buffer, length, 0);
}

ssize_t ext_getdents64(int fd, void *buffer, size_t length) {
    return getdents64(fd, buffer, length);
}

int ext_statx(int directory, const char *path, int flags, uint32_t mask, struct statx *result) {
    return statx(directory, path, flags, mask, result);
}

int ext_syncfs(int fd) {
    return syncfs(fd);
}

int ext_renameat2(int from, const char *source, int to, const char *destination, uint32_t flags) {
    return renameat2(from, source, to, destination, flags);
}

int ext_fallocate(int fd, int mode, int64_t offset, int64_t length) {
    return fallocate(fd, mode, offset, length);
}

int ext_unshare_mounts(void) {
    return unshare(CLONE_NEWNS);
}

int ext_no_core_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

uint64_t ext_makedev(uint32_t major, uint32_t minor) {
    return makedev(major, minor);
}

uint32_t ext_major(uint64_t device) {
    return major(device);
}

uint32_t ext_minor(uint64_t device) {
    return minor(device);
}

int ext_blkgetsize64(int fd, uint64_t *bytes) {
    return ioctl(fd, BLKGETSIZE64, bytes);
}

int ext_blkgetdiskseq(int fd, uint64_t *sequence) {
    return ioctl(fd, BLKGETDISKSEQ, sequence);
}

int ext_blkflsbuf(int fd) {
    return ioctl(fd, BLKFLSBUF, 0);
}

int ext_blkrrpart(int fd) {
    return ioctl(fd, BLKRRPART, 0);
}

static int blkpg(int fd, int operation, struct blkpg_partition *partition) {
    struct blkpg_ioctl_arg argument = {.op = operation, .datalen = sizeof *partition, .data = partition};
    return ioctl(fd, BLKPG, &argument);
}

int ext_blkpg_add(int fd, int number, int64_t start, int64_t length) {
    struct blkpg_partition partition = {.start = start, .length = length, .pno = number};
    return blkpg(fd, BLKPG_ADD_PARTITION, &partition);
}

int ext_blkpg_delete(int fd, int number) {
    struct blkpg_partition partition = {.pno = number};
    return blkpg(fd, BLKPG_DEL_PARTITION, &partition);
}


const uint64_t EXT_MS_NOSYMFOLLOW = MS_NOSYMFOLLOW;

int ext_scsi_command(int fd, const uint8_t *command, uint8_t length, uint32_t timeout_ms, uint8_t outcome[4]) {
    unsigned char sense[32] = {0};
    struct sg_io_hdr header = {
        .interface_id = 'S',
        .dxfer_direction = SG_DXFER_NONE,
        .cmd_len = length,
        .cmdp = (unsigned char *)command,
        .mx_sb_len = sizeof sense,
        .sbp = sense,
        .timeout = timeout_ms,
    };
    if (ioctl(fd, SG_IO, &header) == -1) return -1;
    // Fixed format (0x70, 0x71) has the key in byte 2, descriptor format (0x72, 0x73) in byte 1 (SPC-4).
    int is_descriptor = (sense[0] & 0x7f) >= 0x72;
    outcome[0] = header.status;
    outcome[1] = (uint8_t)header.host_status;
    outcome[2] = (uint8_t)header.driver_status & 0x0f;
    outcome[3] = header.sb_len_wr > 2 ? sense[is_descriptor ? 1 : 2] & 0x0f : 0;
    return 0;
}

const uint32_t EXT_SYNC_FILE_RANGE_WAIT_BEFORE = SYNC_FILE_RANGE_WAIT_BEFORE;
const uint32_t EXT_SYNC_FILE_RANGE_WRITE = SYNC_FILE_RANGE_WRITE;
const uint32_t EXT_SYNC_FILE_RANGE_WAIT_AFTER = SYNC_FILE_RANGE_WAIT_AFTER;


int ext_unshare_working_directory(void) {
    if (syscall(SYS_gettid) == getpid()) {
        errno = EINVAL;
        return -1;
    }
    return unshare(CLONE_FS);
}

ssize_t ext_llistxattr(const char *path, char *names, size_t length) {
    return llistxattr(path, names, length);
}

ssize_t ext_flistxattr(int fd, char *names, size_t length) {
    return flistxattr(fd, names, length);
}

ssize_t ext_lgetxattr(const char *path, const char *name, void *value, size_t length) {
    return lgetxattr(path, name, value, length);
}

ssize_t ext_fgetxattr(int fd, const char *name, void *value, size_t length) {
    return fgetxattr(fd, name, value, length);
}

int ext_lsetxattr(const char *path, const char *name, const void *value, size_t length) {
    return lsetxattr(path, name, value, length, 0);
}

int ext_fsetxattr(int fd, const char *name, const void *value, size_t length) {
    return fsetxattr(fd, name, value, length, 0);
}

int ext_lremovexattr(const char *path, const char *name) {
    return lremovexattr(path, name);
}

int ext_fremovexattr(int fd, const char *name) {
    return fremovexattr(fd, name);
}

int ext_sync_file_range(int fd, int64_t offset, int64_t length, uint32_t flags) {
    return sync_file_range(fd, offset, length, flags);
}

ssize_t ext_pread(int fd, void *buffer, size_t length, int64_t offset) {
    return pread(fd, buffer, length, offset);
}

ssize_t ext_pwrite(int fd, const void *buffer, size_t length, int64_t offset) {
    return pwrite(fd, buffer, length, offset);
}

int ext_clone_file(int to, int from) {
    return ioctl(to, FICLONE, from);
}

ssize_t ext_pread_cached(int fd, void *buffer, size_t length, int64_t offset) {
    struct iovec part = {.iov_base = buffer, .iov_len = length};
    return preadv2(fd, &part, 1, offset, RWF_NOWAIT);
}

const uint32_t EXT_BTRFS_SUPER_MAGIC = BTRFS_SUPER_MAGIC;

int ext_file_system_kind(int fd, uint32_t *magic) {
    struct statfs status;
    int result = fstatfs(fd, &status);
    // It is a signed long on some machines.
    if (result == 0) *magic = (uint32_t)status.f_type;
    return result;
}

int ext_terminal_columns(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : -1;
}

int ext_clock_is_synchronized(void) {
    struct timex clock = {.modes = 0};
    int state = adjtimex(&clock);
    if (state < 0) return -1;
    return state != TIME_ERROR && !(clock.status & STA_UNSYNC);
}
