/* The empty plugin. */
int main(void)
{
    return 0;
}
