/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  What the unit tests share: assertions that print TAP.
 *
 * A program calls ok(), close_rel() and their kin, and ends with
 * "return done_testing();", which prints the plan and is 0 when all went well.
 * Names are printf formats, so that a loop can name its rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_TAP_H
#define CLV_TAP_H

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_PRINTF(f, a) __attribute__((format(printf, f, a)))

static int	tap_count = 0;
static int	tap_failures = 0;

static inline bool
TAP_PRINTF(3, 0)
tap_report(bool passed, const char *directive, const char *name, va_list arguments)
{
	tap_count++;
	if (!passed)
		tap_failures++;
	printf("%s %d - ", passed ? "ok" : "not ok", tap_count);
	vprintf(name, arguments);
	printf("%s\n", directive);
	if (!passed)
		fflush(stdout);
	return passed;
}

/* A line of comment, shown beside the result before it. */
static inline void
TAP_PRINTF(1, 2)
diag(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	printf("# ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
}

static inline bool
TAP_PRINTF(2, 3)
ok(bool condition, const char *name,...)
{
	va_list		arguments;
	bool		passed;

	va_start(arguments, name);
	passed = tap_report(condition, "", name, arguments);
	va_end(arguments);
	return passed;
}

/* Counted as passed, and shown as skipped. */
static inline void
TAP_PRINTF(1, 2)
skip(const char *reason,...)
{
	va_list		arguments;

	tap_count++;
	va_start(arguments, reason);
	printf("ok %d # skip ", tap_count);
	vprintf(reason, arguments);
	printf("\n");
	va_end(arguments);
}

static inline bool
TAP_PRINTF(3, 4)
is_int(int64_t got, int64_t want, const char *name,...)
{
	va_list		arguments;
	bool		passed;

	va_start(arguments, name);
	passed = tap_report(got == want, "", name, arguments);
	va_end(arguments);
	if (!passed)
		diag("got %" PRId64 ", want %" PRId64, got, want);
	return passed;
}

static inline bool
TAP_PRINTF(3, 4)
is_str(const char *got, const char *want, const char *name,...)
{
	va_list		arguments;
	bool		passed;

	va_start(arguments, name);
	passed = tap_report(got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want, "", name, arguments);
	va_end(arguments);
	if (!passed)
		diag("got \"%s\", want \"%s\"", got ? got : "(null)", want ? want : "(null)");
	return passed;
}

/* NaN is close to NaN only, an infinity to itself only. */
static inline bool
tap_close(double got, double want, double tolerance)
{
	if (isnan(got) || isnan(want))
		return isnan(got) && isnan(want);
	if (isinf(got) || isinf(want))
		return got == want;
	return fabs(got - want) <= tolerance;
}

/* |got - want| <= tolerance * |want|; where want is 0 only 0 is close enough. */
static inline bool
TAP_PRINTF(4, 5)
close_rel(double got, double want, double tolerance, const char *name,...)
{
	va_list		arguments;
	bool		passed;

	va_start(arguments, name);
	passed = tap_report(tap_close(got, want, isfinite(want) ? tolerance * fabs(want) : 0), "", name, arguments);
	va_end(arguments);
	if (!passed)
		diag("got %.17g, want %.17g, relative error %.3g, allowed %.3g",
			 got, want, fabs(got - want) / fabs(want), tolerance);
	return passed;
}

/* |got - want| <= tolerance */
static inline bool
TAP_PRINTF(4, 5)
close_abs(double got, double want, double tolerance, const char *name,...)
{
	va_list		arguments;
	bool		passed;

	va_start(arguments, name);
	passed = tap_report(tap_close(got, want, tolerance), "", name, arguments);
	va_end(arguments);
	if (!passed)
		diag("got %.17g, want %.17g, error %.3g, allowed %.3g", got, want, fabs(got - want), tolerance);
	return passed;
}

/* Opens NAME in the folder of reference data; NULL, after a skip, where there is none. */
static inline FILE *
open_reference(const char *name)
{
	const char *folder = getenv("CLV_REFERENCE_DIR");
	char		path[4096];
	FILE	   *file = NULL;

	if (folder != NULL && snprintf(path, sizeof(path), "%s/%s", folder, name) < (int) sizeof(path))
		file = fopen(path, "r");
	if (file == NULL)
		skip("CLV_REFERENCE_DIR has no %s", name);
	return file;
}

static inline int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	if (tap_failures > 0)
		printf("# %d of %d failed\n", tap_failures, tap_count);
	return tap_failures > 0 || tap_count == 0 ? 1 : 0;
}

#endif							/* CLV_TAP_H */
