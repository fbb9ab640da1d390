/* The least that a dispatcher can do: start the plugin from PATH. Dynamically linked, as most are. */
#include <unistd.h>

int main(void)
{
    char *argv[] = {"carto-noop", NULL};
    execvp(argv[0], argv);
    return 127;
}
