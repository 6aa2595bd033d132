/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How fast bitmaps are gone through, beside what the memory gives and what is
 * usual. Prints lines of "SIZE WHAT SECONDS", the best of many rounds that take
 * turns; and of 1 TiB of guest memory "guest BYTES RUNS SECONDS".
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#define PAGE	   4096ULL
#define ROUNDS	   40
#define MIN_ROUNDS 3
#define ENOUGH	   2.0 /* seconds */
#define RUNS	   1024

struct bench {
	const char *name;
	size_t size;  /* of a bitmap in bytes */
	size_t loops; /* how often it is gone through in a round */
	struct vdev_bitmap *map;
	struct vdev_bitmap *other;
	uint64_t *copy;
};

/* Time of the processor: what else the machine does is not counted. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t random_word(void)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A word of which each bit is set with a probability of `p` 65536ths. */
static uint64_t random_bits(unsigned int p)
{
	uint64_t word = 0;

	for (unsigned int i = 0; i < 16; i++)
		word = p >> i & 1 ? word | random_word() : word & random_word();
	return word;
}

/* Memory like that of a bitmap: in large pages, where the machine has some. */
static uint64_t *like_bitmap(size_t size)
{
	uint64_t *words = aligned_alloc(2 << 20, size);

	if (!words)
		errx(2, "no memory for %zu bytes", size);
	(void)madvise(words, size, MADV_HUGEPAGE);
	return words;
}

/* The patterns, as words in the form of KVM's bitmaps. */

static void empty(uint64_t *words, size_t count)
{
	memset(words, 0, count * sizeof(*words));
}

static void sparse(uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		words[i] = random_bits(66);
}

static void dense(uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		words[i] = random_bits(6554);
}

/* Runs of 64 pages that start anywhere, a tenth of all pages. */
static void in_runs(uint64_t *words, size_t count)
{
	size_t bit = 0;

	memset(words, 0, count * sizeof(*words));
	for (;;) {
		bit += 1 + (size_t)(random_word() % (2 * 576 - 1));
		if (bit / 64 + 1 >= count)
			break;
		words[bit / 64] |= ~0ULL << bit % 64;
		if (bit % 64)
			words[bit / 64 + 1] |= ~0ULL >> (64 - bit % 64);
		bit += 64;
	}
}

/* What is measured. Each gives something that depends on all of the work. */

/* A vector as long as any has, of which the compiler makes what there is. */
typedef uint64_t vector __attribute__((vector_size(64), aligned(8), may_alias));

/* As fast as this machine's memory can be read with one thread. */
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static uint64_t
read_words(const uint64_t *words, size_t count)
{
	vector a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i + 32 <= count; i += 32) {
		const vector *v = (const vector *)(words + i);

		a ^= v[0];
		b ^= v[1];
		c ^= v[2];
		d ^= v[3];
	}
	a ^= b ^ c ^ d;
	for (size_t i = 0; i < 8; i++)
		sum ^= a[i];
	return sum;
}

static uint64_t do_read(const struct bench *b)
{
	size_t count;
	const uint64_t *words = vdev_bitmap_words(b->map, &count);

	return read_words(words, count);
}

static uint64_t do_memcpy(const struct bench *b)
{
	memcpy(b->copy, vdev_bitmap_words(b->map, NULL), b->size);
	return b->copy[random_word() % (b->size / 8)];
}

/* The loop that is usual: to the next set bit, past words that are 0. */
static size_t find_next(const uint64_t *words, size_t bits, size_t from)
{
	size_t at = from / 64;
	uint64_t word;

	if (from >= bits)
		return bits;
	word = words[at] & ~0ULL << from % 64;
	while (!word) {
		if (++at == bits / 64)
			return bits;
		word = words[at];
	}
	return at * 64 + (size_t)__builtin_ctzll(word);
}

static uint64_t do_find_next(const struct bench *b)
{
	const uint64_t *words = vdev_bitmap_words(b->map, NULL);
	size_t bits = b->size * 8;
	uint64_t sum = 0;

	for (size_t bit = find_next(words, bits, 0); bit < bits;
	     bit = find_next(words, bits, bit + 1))
		sum += bit;
	return sum;
}

static uint64_t do_scan(const struct bench *b)
{
	struct vdev_iova_range runs[RUNS];
	uint64_t offset = 0, sum = 0;
	size_t n;

	while ((n = vdev_bitmap_runs(b->map, &offset, runs, RUNS)))
		for (size_t i = 0; i < n; i++)
			sum += runs[i].last - runs[i].start;
	return sum;
}

static uint64_t do_count(const struct bench *b)
{
	return vdev_bitmap_count(b->map);
}

static uint64_t do_or(const struct bench *b)
{
	return (uint64_t)vdev_bitmap_or(b->other, b->map);
}

/*
 * A copy through the cache. It moves as much as adding does: one stream read,
 * one written, and that one read before, since the cache holds whole lines. A
 * memcpy() that stores past the cache saves that.
 */
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void
bare_copy(uint64_t *dst, const uint64_t *src, size_t count)
{
	for (size_t i = 0; i + 32 <= count; i += 32) {
		vector *d = (vector *)(dst + i);
		const vector *s = (const vector *)(src + i);

		d[0] = s[0];
		d[1] = s[1];
		d[2] = s[2];
		d[3] = s[3];
	}
}

static uint64_t do_bare_copy(const struct bench *b)
{
	bare_copy(b->copy, vdev_bitmap_words(b->map, NULL), b->size / 8);
	return b->copy[random_word() % (b->size / 8)];
}

struct measure {
	const char *name;
	uint64_t (*fn)(const struct bench *b);
	double best;
};

static volatile uint64_t sink;

/* All of them in turn, so that what else the machine does hits each alike. */
static void run(const struct bench *b, const char *pattern,
		struct measure *measures, size_t count)
{
	double begin = now();

	for (unsigned int round = 0;
	     round < MIN_ROUNDS || (round < ROUNDS && now() - begin < ENOUGH);
	     round++) {
		for (size_t i = 0; i < count; i++) {
			double start = now(), took;

			for (size_t j = 0; j < b->loops; j++)
				sink += measures[i].fn(b);
			took = (now() - start) / (double)b->loops;
			if (!round || took < measures[i].best)
				measures[i].best = took;
		}
	}
	for (size_t i = 0; i < count; i++)
		printf("%s %zu %s%s %.9f\n", b->name, b->size, measures[i].name,
		       pattern, measures[i].best);
}

static void set_pattern(const struct bench *b, struct vdev_bitmap *map,
			void (*fn)(uint64_t *words, size_t count))
{
	fn(b->copy, b->size / sizeof(*b->copy));
	vdev_bitmap_clear_all(map);
	if (vdev_bitmap_from_kvm(map, 0, vdev_bitmap_length(map), b->copy))
		errx(2, "cannot fill a bitmap");
}

static void run_all(const struct bench *b)
{
	static const struct {
		const char *name;
		void (*fn)(uint64_t *words, size_t count);
	} patterns[] = {
		{ "-empty", empty },
		{ "-0.1%", sparse },
		{ "-10%", dense },
		{ "-runs", in_runs },
	};
	set_pattern(b, b->other, dense);
	for (size_t i = 0; i < 4; i++) {
		struct measure scans[] = {
			{ "read", do_read, 0 },
			{ "find-next", do_find_next, 0 },
			{ "scan", do_scan, 0 },
			{ "count", do_count, 0 },
			{ "memcpy", do_memcpy, 0 },
			{ "bare-copy", do_bare_copy, 0 },
			{ "or", do_or, 0 },
		};

		set_pattern(b, b->map, patterns[i].fn);
		run(b, patterns[i].name, scans,
		    sizeof(scans) / sizeof(scans[0]));
	}
}

static void bench(struct vdev_ctx *ctx, const char *name, size_t size,
		  size_t loops)
{
	struct bench b = { .name = name, .size = size, .loops = loops };
	uint64_t length = (uint64_t)size * 8 * PAGE;

	b.copy = like_bitmap(size);
	if (vdev_bitmap_new(ctx, 0, length, PAGE, &b.map) ||
	    vdev_bitmap_new(ctx, 0, length, PAGE, &b.other))
		errx(2, "no memory for bitmaps of %zu bytes", size);
	run_all(&b);
	vdev_bitmap_free(b.map);
	vdev_bitmap_free(b.other);
	free(b.copy);
}

/* The memory of a guest, of which a thousandth is dirty, in one go. */
static void bench_guest(struct vdev_ctx *ctx)
{
	uint64_t length = 1ULL << 40;
	struct bench b = { .size = length / PAGE / 8 };
	struct vdev_iova_range runs[RUNS];
	uint64_t offset = 0, count = 0;
	double start, took = 0;
	size_t n;

	b.copy = like_bitmap(b.size);
	if (vdev_bitmap_new(ctx, 0, length, PAGE, &b.map))
		errx(2, "no memory for a bitmap of %zu bytes", b.size);
	set_pattern(&b, b.map, sparse);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		double once;

		start = now();
		for (offset = count = 0;
		     (n = vdev_bitmap_runs(b.map, &offset, runs, RUNS));)
			count += n;
		once = now() - start;
		if (!round || once < took)
			took = once;
	}
	printf("guest %zu %llu %.9f\n", b.size, (unsigned long long)count,
	       took);
	vdev_bitmap_free(b.map);
	free(b.copy);
}

static size_t second_level_cache(void)
{
	long size = sysconf(_SC_LEVEL2_CACHE_SIZE);

	return size > 0 ? (size_t)size : 1 << 20;
}

int main(void)
{
	struct vdev_ctx *ctx;
	struct vdev_bitmap *map;
	/* The largest power of two that leaves room for other data. */
	size_t small = 1 << 14;

	if (vdev_ctx_new(&ctx) || vdev_bitmap_new(ctx, 0, PAGE, PAGE, &map))
		errx(2, "cannot make a bitmap");
	printf("code %s\n", vdev_bitmap_implementation(map));
	vdev_bitmap_free(map);
	while (small * 4 <= second_level_cache())
		small *= 2;
	bench(ctx, "memory", 256 << 20, 1);
	bench(ctx, "cache", small, 4);
	bench_guest(ctx);
	vdev_ctx_unref(ctx);
	return 0;
}
