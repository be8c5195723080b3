// Runs a program and writes down what it cost: time to the end of a sync of the destination, time of the processor,
// memory of all its processes, and what the disks were asked for.
//
// A small process of its own, because a child's peak begins with the memory of the process that it was forked from.

#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_disks = 8, most_processes = 256, look_milliseconds = 25 };

struct disk {
    const char *name;
    uint64_t before[11], after[11];
};

static struct {
    int is_cold;
    const char *cgroup, *sync, *report;
    struct disk disks[most_disks];
    int disk_count;
    char **program;
} settings;

static volatile pid_t child_group;

/// Ctrl-C, or the benchmark is gone: the program must not go on in a file system that is taken away.
static void stop(int number) {
    (void)number;
    if (child_group > 0) kill(-child_group, SIGKILL);
}

static int64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/// See the kernel's Documentation/block/stat.rst.
static void read_disks(int is_after) {
    for (int at = 0; at < settings.disk_count; at++) {
        struct disk *disk = &settings.disks[at];
        uint64_t *values = is_after ? disk->after : disk->before;
        char path[128];
        snprintf(path, sizeof path, "/sys/block/%s/stat", disk->name);
        FILE *file = fopen(path, "re");
        if (!file) fail("open", path);
        for (int field = 0; field < 11; field++) {
            unsigned long long value;
            if (fscanf(file, "%llu", &value) != 1) refuse("not the statistics of a disk:", path);
            values[field] = value;
        }
        fclose(file);
    }
}

static void write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) fail("write", path);
    close(fd);
}

/// The highest memory that a process had, in KiB; 0 when it is gone.
static uint64_t peak_of(pid_t pid) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    unsigned long long peak = 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %llu", &peak) == 1) break;
    fclose(file);
    return peak;
}

static int children_of(pid_t pid, pid_t *children, int room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    int count = 0;
    while (count < room && fscanf(file, "%d", &children[count]) == 1) count++;
    fclose(file);
    return count;
}

/// Adds up the peaks of the program and of those it started.
static uint64_t peak_of_tree(pid_t root) {
    pid_t all[most_processes] = {root};
    int count = 1;
    uint64_t sum = 0;
    for (int at = 0; at < count; at++) {
        sum += peak_of(all[at]);
        count += children_of(all[at], all + count, most_processes - count);
    }
    return sum;
}

static _Noreturn void become_program(void) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    if (settings.cgroup) {
        char path[path_limit];
        snprintf(path, sizeof path, "%s/cgroup.procs", settings.cgroup);
        write_text(path, "0");
    }
    execvp(settings.program[0], settings.program);
    fail("execvp", settings.program[0]);
}

/// Waits for the end and looks at the memory meanwhile.
static uint64_t watch(pid_t pid) {
    uint64_t peak = 0;
    int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    if (descriptor < 0) fail("pidfd_open", settings.program[0]);
    struct pollfd ended = {.fd = descriptor, .events = POLLIN};
    while (poll(&ended, 1, look_milliseconds) <= 0) {
        uint64_t now = peak_of_tree(pid);
        if (now > peak) peak = now;
    }
    close(descriptor);
    return peak;
}

static int64_t processor(const struct timeval time) { return (int64_t)time.tv_sec * 1000000 + time.tv_usec; }

static void report(int status, int64_t wall, const struct rusage *used, int64_t own_system, uint64_t peak) {
    FILE *file = fopen(settings.report, "we");
    if (!file) fail("open", settings.report);
    if ((uint64_t)used->ru_maxrss > peak) peak = (uint64_t)used->ru_maxrss;
    fprintf(file, "status %d\nwall %lld\nuser %lld\nsystem %lld\npeak %llu\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), (long long)wall,
            (long long)processor(used->ru_utime), (long long)(processor(used->ru_stime) + own_system),
            (unsigned long long)peak);
    for (int at = 0; at < settings.disk_count; at++) {
        const struct disk *disk = &settings.disks[at];
        fprintf(file, "disk");
        static const int fields[] = {0, 2, 4, 6};  // reads, sectors read, writes, sectors written
        for (int field = 0; field < 4; field++)
            fprintf(file, " %llu", (unsigned long long)(disk->after[fields[field]] - disk->before[fields[field]]));
        fprintf(file, "\n");
    }
    if (fclose(file) != 0) fail("write", settings.report);
}

static void parse(char **argument) {
    for (; *argument && strncmp(*argument, "--", 2) == 0; argument++) {
        if (strcmp(*argument, "--cold") == 0) {
            settings.is_cold = 1;
            continue;
        }
        const char *option = *argument++;
        if (!*argument) refuse("a value is missing after", option);
        if (strcmp(option, "--cgroup") == 0) {
            settings.cgroup = *argument;
        } else if (strcmp(option, "--sync") == 0) {
            settings.sync = *argument;
        } else if (strcmp(option, "--disk") == 0 && settings.disk_count < most_disks) {
            settings.disks[settings.disk_count++].name = *argument;
        } else {
            refuse("unknown option", option);
        }
    }
    if (!argument[0] || !argument[1]) refuse("report and program are missing", "");
    settings.report = argument[0];
    settings.program = argument + 1;
}

int measure(char **arguments) {
    parse(arguments);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    int destination = settings.sync ? open_folder(AT_FDCWD, settings.sync) : -1;
    sync();
    if (settings.is_cold) write_text("/proc/sys/vm/drop_caches", "3");
    read_disks(0);

    int64_t begin = microseconds();
    pid_t pid = fork();
    if (pid < 0) fail("fork", "");
    if (pid == 0) become_program();
    setpgid(pid, pid);  // Both sides, as either may be first; that the other was is no failure.
    child_group = pid;
    uint64_t peak = watch(pid);
    int status;
    struct rusage used, own_before, own_after;
    while (wait4(pid, &status, 0, &used) < 0)
        if (errno != EINTR) fail("wait4", settings.program[0]);
    child_group = 0;
    getrusage(RUSAGE_SELF, &own_before);
    if (destination >= 0 && syncfs(destination) != 0) fail("syncfs", settings.sync);
    int64_t wall = microseconds() - begin;
    getrusage(RUSAGE_SELF, &own_after);
    read_disks(1);
    int64_t own_system = processor(own_after.ru_stime) - processor(own_before.ru_stime);
    report(status, wall, &used, own_system, peak);
    return 0;
}
