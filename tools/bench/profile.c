// SPDX-License-Identifier: GPL-2.0
/*
 * Where the instructions of a measurement go: the kernel's CPU clock event
 * notes every so many instructions which function runs. What it costs itself is
 * counted in the result but not in the shares.
 */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench.h"

/* Instructions from sample to sample: a prime, near the least that the kernel takes */
#define PERIOD		10007
#define RING_SIZE	(8 << 20)
#define SHOWN		40

struct symbol {
	unsigned long	address;
	unsigned int	samples;
	char		name[56];
};

static struct symbol *symbols;
static size_t symbol_count;
static int event = -1;
static struct perf_event_mmap_page *ring;
static unsigned int total;

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_samples(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->samples < y->samples ? 1 : -(x->samples > y->samples);
}

/* The functions of the kernel and its modules, the first one for what user space executes */
static void read_symbols(void)
{
	struct symbol next = { 0 };
	char line[512], type;
	FILE *file = fopen("/proc/kallsyms", "r");

	if (!file)
		err(1, "/proc/kallsyms");
	symbols = malloc(sizeof(*symbols));
	symbols[symbol_count++] = (struct symbol){ .name = "(user space)" };
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %c %55s", &next.address, &type, next.name) != 3 ||
		    !strchr("tTwW", type))
			continue;
		if (!(symbol_count & (symbol_count - 1)))
			symbols = realloc(symbols, 2 * symbol_count * sizeof(*symbols));
		if (!symbols)
			err(1, "symbols");
		symbols[symbol_count++] = next;
	}
	fclose(file);
	qsort(symbols, symbol_count, sizeof(*symbols), by_address);
}

static void open_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD,
		.sample_type = PERF_SAMPLE_IP,
		.disabled = 1,
	};

	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		err(1, "perf_event_open");
	ring = mmap(NULL, RING_SIZE + sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
		    event, 0);
	if (ring == MAP_FAILED)
		err(1, "perf_event_open: mmap");
}

static void count_sample(unsigned long address)
{
	size_t low = 0, high = symbol_count, middle;

	while (high - low > 1) {
		middle = (low + high) / 2;
		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	symbols[low].samples++;
	total++;
}

/**
 * profile_start() - begin to take samples, if the user wants a profile
 */
void profile_start(void)
{
	if (!getenv("KITE_BENCH_PROFILE"))
		return;
	if (event < 0) {
		read_symbols();
		open_event();
	}
	if (ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		err(1, "profile");
}

/**
 * profile_stop() - take no more samples, and sort in those that were taken
 */
void profile_stop(void)
{
	char *data = (char *)ring + sysconf(_SC_PAGESIZE);
	struct perf_event_header header;
	uint64_t tail, head, address;

	if (event < 0)
		return;
	if (ioctl(event, PERF_EVENT_IOC_DISABLE, 0))
		err(1, "profile");
	head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	/* Records are multiples of eight octets, and so is the ring: no part of these wraps. */
	for (tail = ring->data_tail; tail < head; tail += header.size) {
		memcpy(&header, data + tail % RING_SIZE, sizeof(header));
		if (header.type != PERF_RECORD_SAMPLE)
			continue;
		memcpy(&address, data + (tail + sizeof(header)) % RING_SIZE, sizeof(address));
		count_sample(address);
	}
	__atomic_store_n(&ring->data_tail, tail, __ATOMIC_RELEASE);
}

/**
 * profile_report() - show where the samples since the last report fell
 * @value: instructions for each operation, of which the shares are shown
 */
void profile_report(double value)
{
	unsigned int i;

	if (event < 0 || !total)
		return;
	qsort(symbols, symbol_count, sizeof(*symbols), by_samples);
	for (i = 0; i < SHOWN && symbols[i].samples; i++)
		fprintf(stderr, "    %5.1f %% %9.0f  %s\n", 100.0 * symbols[i].samples / total,
			value * symbols[i].samples / total, symbols[i].name);
	qsort(symbols, symbol_count, sizeof(*symbols), by_address);
	for (i = 0; i < symbol_count; i++)
		symbols[i].samples = 0;
	total = 0;
}
