/* Times two whole programs, interleaved: one round starts each once, so that whatever else the
 * machine does meets both alike. Ratios are taken round by round.
 *
 *     bench ROUNDS LABEL BOUND PROGRAM ARGUMENT ... :: PROGRAM ARGUMENT ...
 *
 * Prints one line: both medians, the ratio of the first to the second (its median, and between what
 * 10 and 90 of 100 rounds lie), the peak memory of both, and whether the median is within the
 * bound. An ARGUMENT of `@` is the number of the round: what is written must not be there already.
 * With FIRST_BYTE in the environment, time ends with a program's first byte, and the program with it;
 * with PEAK, so many MB are the most that the first program may take. Exit status: 0; 3 when a bound is
 * missed; 1 when a program does not end with status 0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 5 };

extern char **environ;

static posix_spawn_file_actions_t silent;
static char **commands[2];
static char number[32];
static long peak[2];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Gives the microseconds from before the start until the first byte comes. */
static double first_byte(int which)
{
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    char byte;
    pid_t pid;
    if (pipe(ends) != 0) {
        perror("pipe");
        exit(1);
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    double start = now();
    int error = posix_spawn(&pid, commands[which][0], &actions, NULL, commands[which], environ);
    close(ends[1]);
    if (error != 0 || read(ends[0], &byte, 1) != 1) {
        fprintf(stderr, "error: nothing came from %s\n", commands[which][0]);
        exit(1);
    }
    double end = now();
    kill(pid, SIGKILL);
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    posix_spawn_file_actions_destroy(&actions);
    return end - start;
}

/* Gives the microseconds from before the start until after the end. */
static double run(int which)
{
    char **argv = commands[which];
    struct rusage used;
    pid_t pid;
    int status;
    double start = now();
    int error = posix_spawn(&pid, argv[0], &silent, NULL, argv, environ);
    if (error != 0) {
        fprintf(stderr, "error: %s: %s\n", argv[0], strerror(error));
        exit(1);
    }
    while (wait4(pid, &status, 0, &used) < 0)
        if (errno != EINTR) {
            perror("wait4");
            exit(1);
        }
    double end = now();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "error: %s %s did not end with status 0\n", argv[0], argv[1] ? argv[1] : "");
        exit(1);
    }
    if (used.ru_maxrss > peak[which])
        peak[which] = used.ru_maxrss;
    return end - start;
}

static int ascending(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static double share(const double *sorted, int count, double part)
{
    return sorted[(int)(part * (count - 1) + 0.5)];
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 0, second = 4;
    while (second < argc && strcmp(argv[second], "::") != 0)
        second++;
    if (rounds < 1 || second == 4 || second + 1 >= argc) {
        fprintf(stderr, "usage: bench ROUNDS LABEL BOUND PROGRAM ... :: PROGRAM ...\n");
        return 2;
    }
    argv[second] = NULL;
    commands[0] = argv + 4;
    commands[1] = argv + second + 1;
    double bound = atof(argv[3]);
    int until_first = getenv("FIRST_BYTE") != NULL, warm_up = rounds < 20 ? 2 : WARM_UP;
    double most = getenv("PEAK") ? atof(getenv("PEAK")) : 0;
    for (int i = 4; i < argc; i++)
        if (argv[i] != NULL && strcmp(argv[i], "@") == 0)
            argv[i] = number;
    /* Their words are not looked at, and a pipe or a terminal would be part of the time. */
    posix_spawn_file_actions_init(&silent);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&silent, fd, "/dev/null", O_RDWR, 0);

    double *times[2], *ratios = malloc(sizeof(double) * rounds);
    for (int i = 0; i < 2; i++)
        times[i] = malloc(sizeof(double) * rounds);
    for (int round = -warm_up; round < rounds; round++)
        for (int turn = 0; turn < 2; turn++) {
            snprintf(number, sizeof number, "number %d", round + warm_up);
            /* Each comes first equally often. */
            int which = (turn + round + warm_up) % 2;
            double time = until_first ? first_byte(which) : run(which);
            if (round >= 0)
                times[which][round] = time;
        }
    for (int round = 0; round < rounds; round++)
        ratios[round] = times[0][round] / times[1][round];
    qsort(ratios, rounds, sizeof(double), ascending);
    for (int i = 0; i < 2; i++)
        qsort(times[i], rounds, sizeof(double), ascending);
    double ratio = share(ratios, rounds, 0.5);
    int good = ratio <= bound && (most == 0 || peak[0] / 1024.0 < most);
    printf("%-40s %8.2f %8.2f   %5.2f (%.2f .. %.2f)   %5.1f %5.1f   %4.2f  %s\n", argv[2],
           share(times[0], rounds, 0.5) / 1e3, share(times[1], rounds, 0.5) / 1e3, ratio,
           share(ratios, rounds, 0.1), share(ratios, rounds, 0.9), peak[0] / 1024.0,
           peak[1] / 1024.0, bound, good ? "ok" : "MISSED");
    return good ? 0 : 3;
}
