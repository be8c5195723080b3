// Copies with owner, mode, times, attributes, holes and hard links, and without any care for what may go wrong.

#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum way { direct, unnamed, renamed };

struct name {
    struct name *next;
    char *path;
    char *target;  // for a name that is linked at the end
    struct statx status;
};

struct node {
    struct node *next;
    uint64_t inode;
    char *path;
    int is_complete;
};

enum { node_slots = 1 << 18 };

struct copy {
    int source, destination;
    enum way way;
    int64_t since;  // files changed before are left out
    pthread_mutex_t lock;
    struct name *folders;
    struct name *late_links;
    struct node **nodes;
};

static struct timespec time_of(struct statx_timestamp stamp) {
    return (struct timespec){stamp.tv_sec, stamp.tv_nsec};
}

static void set_status(int fd, const struct statx *status, const char *path) {
    struct timespec times[2] = {time_of(status->stx_atime), time_of(status->stx_mtime)};
    if (fchown(fd, status->stx_uid, status->stx_gid) != 0) fail("fchown", path);
    if (fchmod(fd, status->stx_mode & 07777) != 0) fail("fchmod", path);
    if (futimens(fd, times) != 0) fail("futimens", path);
}

static void copy_attributes(int from, int to, const char *path) {
    char names[4096], value[65536];
    ssize_t length = flistxattr(from, names, sizeof names);
    if (length < 0) fail("flistxattr", path);
    for (char *name = names; name < names + length; name += strlen(name) + 1) {
        ssize_t size = fgetxattr(from, name, value, sizeof value);
        if (size < 0) fail("fgetxattr", path);
        if (fsetxattr(to, name, value, (size_t)size, 0) != 0) fail("fsetxattr", path);
    }
}

static void copy_range(int from, int to, off_t at, off_t end, char *bytes, const char *path) {
    while (at < end) {
        ssize_t count = pread(from, bytes, end - at < chunk_size ? (size_t)(end - at) : chunk_size, at);
        if (count < 0) fail("pread", path);
        if (count == 0) return;
        write_all(to, bytes, (size_t)count, at, path);
        at += count;
    }
}

static void copy_bytes(int from, int to, const struct statx *status, const char *path) {
    static _Thread_local char *bytes;
    if (!bytes) bytes = allocate(chunk_size);
    off_t size = (off_t)status->stx_size;
    if (status->stx_blocks * 512 >= status->stx_size) {
        // Where the file system cannot, the copy is only slower.
        if (size > chunk_size) (void)!fallocate(to, FALLOC_FL_KEEP_SIZE, 0, size);
        copy_range(from, to, 0, size, bytes, path);
        return;
    }
    off_t data, hole = 0;
    while (hole < size && (data = lseek(from, hole, SEEK_DATA)) >= 0) {
        if ((hole = lseek(from, data, SEEK_HOLE)) < 0) fail("lseek", path);
        copy_range(from, to, data, hole, bytes, path);
    }
    if (ftruncate(to, size) != 0) fail("ftruncate", path);
}

/// Splits `path` under the destination: the folder is opened once and kept per thread, as names come in order.
static int folder_of(struct copy *copy, const struct entry *entry) {
    static _Thread_local char kept[path_limit];
    static _Thread_local int open = -1;
    size_t length = (size_t)(entry->name - entry->path);
    if (open >= 0 && strlen(kept) == length && memcmp(kept, entry->path, length) == 0) return open;
    if (open >= 0) close(open);
    memcpy(kept, entry->path, length);
    kept[length] = 0;
    open = open_folder(copy->destination, kept);
    return open;
}

static void copy_file(struct copy *copy, const struct entry *entry) {
    int folder = folder_of(copy, entry);
    int from = openat(entry->folder, entry->name, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
    if (from < 0) fail("openat", entry->path);
    static const char temporary[] = ".floor-temporary";
    int to = copy->way == unnamed
        ? openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)
        : openat(folder, copy->way == direct ? entry->name : temporary,
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0) fail("openat", entry->path);
    copy_bytes(from, to, &entry->status, entry->path);
    copy_attributes(from, to, entry->path);
    set_status(to, &entry->status, entry->path);
    if (copy->way == unnamed) {
        char self[32];
        snprintf(self, sizeof self, "/proc/self/fd/%d", to);
        if (linkat(AT_FDCWD, self, folder, entry->name, AT_SYMLINK_FOLLOW) != 0) fail("linkat", entry->path);
    } else if (copy->way == renamed) {
        if (renameat(folder, temporary, folder, entry->name) != 0) fail("renameat", entry->path);
    }
    close(from);
    close(to);
}

static void keep(struct name **list, const struct entry *entry, const char *target) {
    struct name *name = allocate(sizeof *name);
    *name = (struct name){*list, strdup(entry->path), target ? strdup(target) : NULL, entry->status};
    *list = name;
}

static void copy_linked(struct copy *copy, const struct entry *entry) {
    struct node **slot = &copy->nodes[scattered(entry->status.stx_ino) % node_slots];
    pthread_mutex_lock(&copy->lock);
    struct node *node = *slot;
    while (node && node->inode != entry->status.stx_ino) node = node->next;
    if (!node) {
        node = allocate(sizeof *node);
        *node = (struct node){*slot, entry->status.stx_ino, strdup(entry->path), 0};
        *slot = node;
        pthread_mutex_unlock(&copy->lock);
        copy_file(copy, entry);
        pthread_mutex_lock(&copy->lock);
        node->is_complete = 1;
        pthread_mutex_unlock(&copy->lock);
        return;
    }
    int is_complete = node->is_complete;
    if (!is_complete) keep(&copy->late_links, entry, node->path);
    pthread_mutex_unlock(&copy->lock);
    if (is_complete && linkat(copy->destination, node->path, folder_of(copy, entry), entry->name, 0) != 0)
        fail("linkat", entry->path);
}

static void copy_entry(const struct entry *entry, void *context) {
    struct copy *copy = context;
    if (S_ISDIR(entry->status.stx_mode)) {
        if (mkdirat(copy->destination, entry->path, 0700) != 0) fail("mkdirat", entry->path);
        pthread_mutex_lock(&copy->lock);
        keep(&copy->folders, entry, NULL);
        pthread_mutex_unlock(&copy->lock);
    } else if (!S_ISREG(entry->status.stx_mode)) {
        refuse("only files and folders:", entry->path);
    } else if (entry->status.stx_nlink > 1) {
        copy_linked(copy, entry);
    } else {
        copy_file(copy, entry);
    }
}

static void finish(struct copy *copy) {
    for (struct name *link = copy->late_links; link; link = link->next)
        if (linkat(copy->destination, link->target, copy->destination, link->path, 0) != 0) fail("linkat", link->path);
    for (struct name *folder = copy->folders; folder; folder = folder->next) {
        int from = open_folder(copy->source, folder->path), to = open_folder(copy->destination, folder->path);
        copy_attributes(from, to, folder->path);
        set_status(to, &folder->status, folder->path);
        close(from);
        close(to);
    }
}

static struct copy between(const char *source, const char *destination, enum way way) {
    struct copy copy = {
        .source = open_folder(AT_FDCWD, source), .destination = open_folder(AT_FDCWD, destination), .way = way,
        .lock = PTHREAD_MUTEX_INITIALIZER, .nodes = calloc(node_slots, sizeof *copy.nodes),
    };
    if (!copy.nodes) fail("calloc", "");
    return copy;
}

/// Into an empty folder.
int copy_tree(char **arguments) {
    int is_unnamed = strcmp(arguments[3], "tmpfile") == 0;
    struct copy copy = between(arguments[0], arguments[1], is_unnamed ? unnamed : direct);
    walk(arguments[0], (int)number(arguments[2]), copy_entry, &copy);
    finish(&copy);
    return 0;
}

static void update_entry(const struct entry *entry, void *context) {
    struct copy *copy = context;
    if (S_ISREG(entry->status.stx_mode) && entry->status.stx_ctime.tv_sec >= copy->since) copy_file(copy, entry);
}

/// Looks at the source alone and copies the files that changed since a time.
int update_tree(char **arguments) {
    struct copy copy = between(arguments[0], arguments[1], renamed);
    copy.since = (int64_t)number(arguments[3]);
    walk(arguments[0], (int)number(arguments[2]), update_entry, &copy);
    return 0;
}

/// Reads the source to its end and writes the blocks that change_blocks changed.
int patch_file(char **arguments) {
    int from = open(arguments[0], O_RDONLY | O_NOATIME | O_CLOEXEC);
    int to = open(arguments[1], O_WRONLY | O_CLOEXEC);
    struct statx status;
    if (from < 0 || statx(from, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0) fail("open", arguments[0]);
    if (to < 0) fail("open", arguments[1]);
    posix_fadvise(from, 0, 0, POSIX_FADV_SEQUENTIAL);
    uint64_t round = number(arguments[2]), hundred = 0;
    // A block may lie across no two chunks: both are powers of two.
    uint64_t hundreds = status.stx_size / block_size / 100;
    char *bytes = allocate(chunk_size);
    for (uint64_t at = 0; at < status.stx_size;) {
        ssize_t count = pread(from, bytes, chunk_size, (off_t)at);
        if (count <= 0) fail("pread", arguments[0]);
        while (hundred < hundreds) {
            uint64_t offset = changed_block(hundred, round) * block_size;
            if (offset >= at + (uint64_t)count) break;
            write_all(to, bytes + (offset - at), block_size, (off_t)offset, arguments[1]);
            hundred++;
        }
        at += (uint64_t)count;
    }
    set_status(to, &status, arguments[1]);
    return 0;
}

int rename_entry(char **arguments) {
    if (rename(arguments[0], arguments[1]) != 0) fail("rename", arguments[0]);
    return 0;
}
