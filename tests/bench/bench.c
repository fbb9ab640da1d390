/* Times whole processes, interleaved: one round starts each program once, so that whatever else the
 * machine does meets all of them alike. The first program is the floor that the others are set
 * against; ratios are taken round by round.
 *
 *     bench ROUNDS NAME PROGRAM ARGUMENT NAME PROGRAM ARGUMENT ...
 *
 * An ARGUMENT of `-` is none. A program that does not end with status 0 ends the bench.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 8, WARM_UP = 20 };

extern char **environ;

static int programs;
static char *names[MOST], *paths[MOST], *arguments[MOST];
static posix_spawn_file_actions_t silent;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Gives the microseconds from before the start until after the end. */
static double run(int program)
{
    char *argv[] = {paths[program], arguments[program], NULL};
    pid_t pid;
    int status;
    double start = now();
    int error = posix_spawn(&pid, paths[program], &silent, NULL, argv, environ);
    if (error != 0) {
        fprintf(stderr, "error: %s: %s\n", paths[program], strerror(error));
        exit(1);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) {
            perror("waitpid");
            exit(1);
        }
    double end = now();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "error: %s did not end with status 0\n", names[program]);
        exit(1);
    }
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
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    programs = (argc - 2) / 3;
    if (rounds < 1 || programs < 1 || programs > MOST || (argc - 2) % 3 != 0) {
        fprintf(stderr, "usage: bench ROUNDS NAME PROGRAM ARGUMENT ...\n");
        return 2;
    }
    for (int i = 0; i < programs; i++) {
        names[i] = argv[2 + 3 * i];
        paths[i] = argv[3 + 3 * i];
        arguments[i] = strcmp(argv[4 + 3 * i], "-") == 0 ? NULL : argv[4 + 3 * i];
    }
    /* Their words are not looked at, and a pipe or a terminal would be part of the time. */
    posix_spawn_file_actions_init(&silent);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&silent, fd, "/dev/null", O_RDWR, 0);

    double *times[MOST], *ratios = malloc(sizeof(double) * rounds);
    for (int i = 0; i < programs; i++)
        times[i] = malloc(sizeof(double) * rounds);
    for (int round = -WARM_UP; round < rounds; round++)
        for (int turn = 0; turn < programs; turn++) {
            /* Each comes first, in the middle and last equally often. */
            int i = (turn + round + WARM_UP) % programs;
            double time = run(i);
            if (round >= 0)
                times[i][round] = time;
        }

    printf("%-12s %10s   %s\n", "", "median", "ratio to the floor: median (10% .. 90% of the rounds)");
    for (int i = 0; i < programs; i++) {
        for (int round = 0; round < rounds; round++)
            ratios[round] = times[i][round] / times[0][round];
        qsort(ratios, rounds, sizeof(double), ascending);
        double *sorted = malloc(sizeof(double) * rounds);
        memcpy(sorted, times[i], sizeof(double) * rounds);
        qsort(sorted, rounds, sizeof(double), ascending);
        printf("%-12s %7.0f us   %.2f (%.2f .. %.2f)\n", names[i], share(sorted, rounds, 0.5),
               share(ratios, rounds, 0.5), share(ratios, rounds, 0.1), share(ratios, rounds, 0.9));
    }
    return 0;
}
