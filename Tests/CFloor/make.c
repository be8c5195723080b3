// The trees that are copied, and the changes between two runs. Everything follows from the arguments.

#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static void make_folder(int at, const char *name) {
    if (mkdirat(at, name, 0755) != 0) fail("mkdirat", name);
}

static void make_file(int folder, const char *name, size_t size, uint64_t seed) {
    static unsigned char bytes[chunk_size];
    if (size > sizeof bytes) refuse("small files are at most 1 MiB:", name);
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) fail("openat", name);
    fill(bytes, size, seed);
    write_all(fd, bytes, size, 0, name);
    // Times of their own, with nanoseconds, long ago: no tool may doubt that they are settled.
    struct timespec times[2] = {{1700000000 + (time_t)(seed % 10000000), (long)(seed % 1000000000)}};
    times[1] = times[0];
    if (futimens(fd, times) != 0) fail("futimens", name);
    close(fd);
}

// An access control list as the kernel wants it in system.posix_acl_access: version 2, then tag, rights, id.
static void set_attributes(int folder, const char *name, uint64_t seed) {
    struct {
        uint32_t version;
        struct { uint16_t tag, rights; uint32_t id; } entries[5];
    } list = {2, {{1, 6, -1u}, {2, 6, 1000 + (uint32_t)(seed % 5)}, {4, 4, -1u}, {0x10, 6, -1u}, {0x20, 4, -1u}}};
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("openat", name);
    char text[40];
    int length = snprintf(text, sizeof text, "file number %llu", (unsigned long long)seed);
    if (fsetxattr(fd, "user.comment", text, (size_t)length, 0) != 0) fail("fsetxattr", name);
    if (fsetxattr(fd, "system.posix_acl_access", &list, sizeof list, 0) != 0) fail("fsetxattr", name);
    close(fd);
}

static int folder_of(int root, uint64_t file, uint64_t *last, int open) {
    uint64_t number = file / files_per_folder;
    if (open >= 0 && number == *last) return open;
    if (open >= 0) close(open);
    char top[32], name[64];
    snprintf(top, sizeof top, "%04llu", (unsigned long long)(number / 100));
    snprintf(name, sizeof name, "%s/%02llu", top, (unsigned long long)(number % 100));
    if (number % 100 == 0) make_folder(root, top);
    make_folder(root, name);
    *last = number;
    return open_folder(root, name);
}

int make_files(char **arguments) {
    uint64_t count = number(arguments[1]), size = number(arguments[2]), last = 0;
    int with_attributes = strcmp(arguments[3], "attributes") == 0;
    make_folder(AT_FDCWD, arguments[0]);
    int root = open_folder(AT_FDCWD, arguments[0]), folder = -1;
    for (uint64_t file = 0; file < count; file++) {
        folder = folder_of(root, file, &last, folder);
        char name[32];
        snprintf(name, sizeof name, "file-%08llu", (unsigned long long)file);
        make_file(folder, name, size, file);
        if (with_attributes) set_attributes(folder, name, file);
    }
    return 0;
}

int make_links(char **arguments) {
    uint64_t count = number(arguments[1]), names = number(arguments[2]), size = number(arguments[3]), last = 0;
    make_folder(AT_FDCWD, arguments[0]);
    int root = open_folder(AT_FDCWD, arguments[0]), folder = -1;
    for (uint64_t file = 0; file < count; file++) {
        folder = folder_of(root, file, &last, folder);
        char first[32];
        snprintf(first, sizeof first, "file-%08llu", (unsigned long long)file);
        make_file(folder, first, size, file);
        for (uint64_t other = 1; other < names; other++) {
            char name[64];
            snprintf(name, sizeof name, "%s-%llu", first, (unsigned long long)other);
            if (linkat(folder, first, folder, name, 0) != 0) fail("linkat", name);
        }
    }
    return 0;
}

static int create(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) fail("open", path);
    return fd;
}

int make_large(char **arguments) {
    uint64_t size = number(arguments[1]), seed = number(arguments[2]);
    int fd = create(arguments[0]);
    unsigned char *bytes = allocate(chunk_size);
    for (uint64_t offset = 0; offset < size; offset += chunk_size) {
        fill(bytes, chunk_size, seed * 1000003 + offset);
        uint64_t left = size - offset;
        write_all(fd, bytes, left < chunk_size ? left : chunk_size, (off_t)offset, arguments[0]);
    }
    return 0;
}

// Pieces of 1 MiB, evenly spread.
int make_holes(char **arguments) {
    uint64_t size = number(arguments[1]), data = number(arguments[2]);
    uint64_t pieces = data / chunk_size ? data / chunk_size : 1;
    int fd = create(arguments[0]);
    if (ftruncate(fd, (off_t)size) != 0) fail("ftruncate", arguments[0]);
    unsigned char *bytes = allocate(chunk_size);
    for (uint64_t piece = 0; piece < pieces; piece++) {
        fill(bytes, chunk_size, piece + 1);
        uint64_t offset = size / pieces * piece / chunk_size * chunk_size;
        write_all(fd, bytes, chunk_size, (off_t)offset, arguments[0]);
    }
    return 0;
}

// One file in a thousand gets other bytes, its size stays.
int touch_files(char **arguments) {
    uint64_t count = number(arguments[1]), size = number(arguments[2]), round = number(arguments[3]);
    unsigned char *bytes = allocate(size);
    int root = open_folder(AT_FDCWD, arguments[0]);
    for (uint64_t file = round * 37 % 1000; file < count; file += 1000) {
        uint64_t folder = file / files_per_folder;
        char path[96];
        snprintf(path, sizeof path, "%04llu/%02llu/file-%08llu", (unsigned long long)(folder / 100),
                 (unsigned long long)(folder % 100), (unsigned long long)file);
        int fd = openat(root, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0) fail("openat", path);
        fill(bytes, size, scattered(file) + round);
        write_all(fd, bytes, size, 0, path);
        close(fd);
    }
    return 0;
}

// One block in a hundred gets other bytes. Prints how many bytes changed.
int change_blocks(char **arguments) {
    uint64_t round = number(arguments[1]);
    int fd = open(arguments[0], O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) fail("open", arguments[0]);
    uint64_t hundreds = (uint64_t)status.st_size / block_size / 100;
    unsigned char *bytes = allocate(block_size);
    for (uint64_t hundred = 0; hundred < hundreds; hundred++) {
        uint64_t block = changed_block(hundred, round);
        fill(bytes, block_size, scattered(block) + round);
        write_all(fd, bytes, block_size, (off_t)(block * block_size), arguments[0]);
    }
    printf("%llu\n", (unsigned long long)(hundreds * block_size));
    return 0;
}
