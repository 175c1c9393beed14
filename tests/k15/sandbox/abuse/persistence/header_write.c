// promise: a header that a run plants is not seen by a later compilation
#include <stdio.h>

int main(void) {
    const char *places[] = {"/usr/include/k15abuse.h", "/usr/local/include/k15abuse.h", "k15abuse.h", "/tmp/k15abuse.h", "../k15abuse.h"};
    for (int i = 0; i < 5; i++) {
        FILE *file = fopen(places[i], "w");
        if (file)
            fprintf(file, "#define PLANTED 1\n"), fclose(file);
    }
    printf("READY: planted\n");
}
