#include "floor.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct dirent64_raw {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

struct task {
    struct task *next;
    char path[];
};

struct walk {
    int root;
    visitor *visit;
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *tasks;
    int busy;
    int workers;
};

struct worker {
    struct walk *walk;
    int number;
    pthread_t thread;
};

static void add(struct walk *walk, const char *path) {
    size_t length = strlen(path) + 1;
    struct task *task = allocate(sizeof *task + length);
    memcpy(task->path, path, length);
    pthread_mutex_lock(&walk->lock);
    task->next = walk->tasks;
    walk->tasks = task;
    pthread_cond_signal(&walk->changed);
    pthread_mutex_unlock(&walk->lock);
}

/// The next folder, or NULL when all is walked.
static struct task *take(struct walk *walk) {
    pthread_mutex_lock(&walk->lock);
    walk->busy--;
    while (!walk->tasks && walk->busy > 0) pthread_cond_wait(&walk->changed, &walk->lock);
    struct task *task = walk->tasks;
    if (task) {
        walk->tasks = task->next;
        walk->busy++;
    } else {
        pthread_cond_broadcast(&walk->changed);
    }
    pthread_mutex_unlock(&walk->lock);
    return task;
}

static void list(struct worker *worker, const char *folder, char *buffer) {
    struct walk *walk = worker->walk;
    char path[path_limit];
    size_t prefix = strlen(folder);
    memcpy(path, folder, prefix);
    if (prefix) path[prefix++] = '/';
    struct entry entry = {.folder = open_folder(walk->root, folder), .path = path, .worker = worker->number};
    long count;
    while ((count = syscall(SYS_getdents64, entry.folder, buffer, chunk_size)) > 0) {
        for (long at = 0; at < count;) {
            struct dirent64_raw *raw = (struct dirent64_raw *)(buffer + at);
            at += raw->length;
            if (strcmp(raw->name, ".") == 0 || strcmp(raw->name, "..") == 0) continue;
            if (prefix + strlen(raw->name) >= sizeof path) refuse("path too long:", raw->name);
            strcpy(path + prefix, raw->name);
            entry.name = path + prefix;
            int flags = AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC;
            if (statx(entry.folder, entry.name, flags, STATX_BASIC_STATS, &entry.status) != 0) fail("statx", path);
            walk->visit(&entry, walk->context);
            if (S_ISDIR(entry.status.stx_mode)) add(walk, path);
        }
    }
    if (count < 0) fail("getdents64", folder);
    close(entry.folder);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    char *buffer = allocate(chunk_size);
    struct task *task;
    while ((task = take(worker->walk))) {
        list(worker, task->path, buffer);
        free(task);
    }
    free(buffer);
    return NULL;
}

void walk(const char *root, int workers, visitor *visit, void *context) {
    struct walk walk = {
        .root = open_folder(AT_FDCWD, root), .visit = visit, .context = context, .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER, .busy = workers, .workers = workers,
    };
    struct worker *all = allocate(sizeof *all * (size_t)workers);
    add(&walk, "");
    for (int number = 0; number < workers; number++) {
        all[number] = (struct worker){.walk = &walk, .number = number};
        if (number && pthread_create(&all[number].thread, NULL, work, &all[number])) fail("pthread_create", "");
    }
    work(&all[0]);
    for (int number = 1; number < workers; number++) pthread_join(all[number].thread, NULL);
    free(all);
    close(walk.root);
}

enum { most_workers = 64 };

static int worker_count(const char *text) {
    uint64_t count = number(text);
    if (count < 1 || count > most_workers) refuse("1 to 64 threads:", text);
    return (int)count;
}

struct total {
    _Alignas(64) uint64_t entries, bytes;
};

static void count(const struct entry *entry, void *context) {
    struct total *total = (struct total *)context + entry->worker;
    total->entries++;
    if (S_ISREG(entry->status.stx_mode)) total->bytes += entry->status.stx_size;
}

/// Prints how many entries there are and how many bytes the files have.
static void print(const struct total *totals) {
    uint64_t entries = 0, bytes = 0;
    for (int worker = 0; worker < most_workers; worker++) {
        entries += totals[worker].entries;
        bytes += totals[worker].bytes;
    }
    printf("%llu entries %llu bytes\n", (unsigned long long)entries, (unsigned long long)bytes);
}

int scan_tree(char **arguments) {
    static struct total totals[most_workers];
    walk(arguments[0], worker_count(arguments[1]), count, totals);
    print(totals);
    return 0;
}

static void read_file(const struct entry *entry, void *context) {
    count(entry, context);
    if (!S_ISREG(entry->status.stx_mode)) return;
    static _Thread_local char *bytes;
    if (!bytes) bytes = allocate(chunk_size);
    int fd = openat(entry->folder, entry->name, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
    if (fd < 0) fail("openat", entry->path);
    off_t end = (off_t)entry->status.stx_size;
    for (off_t at = 0; at < end;) {
        if ((at = lseek(fd, at, SEEK_DATA)) < 0) break;
        ssize_t got = pread(fd, bytes, chunk_size, at);
        if (got < 0) fail("pread", entry->path);
        if (got == 0) break;
        at += got;
    }
    close(fd);
}

/// Reads everything once, so that it is in memory where there is room.
int read_tree(char **arguments) {
    static struct total totals[most_workers];
    walk(arguments[0], worker_count(arguments[1]), read_file, totals);
    print(totals);
    return 0;
}
