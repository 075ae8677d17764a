/* SPDX-License-Identifier: Apache-2.0
 * See usage.h; the files are described in proc(5). Must never be linked into the product.
 */
#include "usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stat_line {
	long parent;
	double seconds;
};

static int read_stat(const char *pid, struct stat_line *out)
{
	char path[64], line[1024];
	unsigned long user, system;
	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return -1;
	size_t n = fread(line, 1, sizeof line - 1, f);
	fclose(f);
	line[n] = '\0';
	/* The name, in brackets, may hold anything. */
	const char *at = strrchr(line, ')');
	if (at == NULL || sscanf(at + 1, " %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				  &out->parent, &user, &system) != 3)
		return -1;
	out->seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	return 0;
}

double usage_of(pid_t pid)
{
	struct stat_line s;
	char name[24];
	snprintf(name, sizeof name, "%ld", (long)pid);
	return read_stat(name, &s) == 0 ? s.seconds : 0;
}

double usage_of_family(pid_t pid)
{
	double sum = usage_of(pid);
	DIR *d = opendir("/proc");
	if (d == NULL)
		return sum;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		struct stat_line s;
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9' && read_stat(e->d_name, &s) == 0 &&
			s.parent == pid)
			sum += s.seconds;
	}
	closedir(d);
	return sum;
}

double usage_of_machine(void)
{
	unsigned long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0;
	FILE *f = fopen("/proc/stat", "re");
	int n = f != NULL ? fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system,
				    &idle, &wait, &irq, &soft)
			  : 0;
	if (f != NULL)
		fclose(f);
	return n == 7 ? (double)(user + nice + system + irq + soft) / (double)sysconf(_SC_CLK_TCK)
		      : 0;
}
