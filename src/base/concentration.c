/*-------------------------------------------------------------------------
 *
 * concentration.c
 *	  How much of the value comes from how few customers.
 *
 * Sources: M. O. Lorenz, Methods of measuring the concentration of wealth,
 * Publications of the American Statistical Association 9 (1905), 209-219;
 * C. Gini, Variabilita e mutabilita (1912), in the form of half the mean
 * absolute difference over the mean; A. Ultsch and J. Loetsch, Computed ABC
 * analysis for rational selection of most informative variables in
 * multivariate data, PLoS ONE 10 (2015), e0129767.
 *
 *-------------------------------------------------------------------------
 */
#include "base/concentration.h"

#include <math.h>

#include "base/buckets.h"
#include "base/wide.h"

/* Bits of the largest value at the fixed point. */
#define FIXED_BITS 90

int
clv_fixed_exponent(double largest)
{
	int			exponent;

	frexp(largest, &exponent);
	return exponent;
}

ClvAmount
clv_fixed_point(double value, int exponent)
{
	return (ClvAmount) ldexp(value, FIXED_BITS - exponent);
}

/* The bits of a positive double ascend with it, those of a negative one with its size. */
int64_t
clv_double_rank(double value)
{
	int64_t		bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits < 0 ? -(bits & INT64_MAX) : bits;
}

double
clv_double_of_rank(int64_t rank)
{
	int64_t		bits = rank < 0 ? -rank | INT64_MIN : rank;
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* ---------- classes ---------- */

/* Whether a part is less than a share of the total: part * 10^18 < share * total. */
static bool
is_below_share(ClvAmount part, int64_t share, ClvAmount total)
{
	return clv_wide_compare(clv_wide_multiply(part, CLV_SHARE_UNITS),
							clv_wide_multiply(total, share)) < 0;
}

static inline void
swap(ClvAmount *a, ClvAmount *b)
{
	ClvAmount	former = *a;

	*a = *b;
	*b = former;
}

static ClvAmount
median(ClvAmount a, ClvAmount b, ClvAmount c)
{
	if (a < b)
		return b < c ? b : a < c ? c : a;
	return a < c ? a : b < c ? c : b;
}

/* A stretch of values that the search has come down to. */
typedef struct Stretch
{
	ClvAmount  *values;
	size_t		count;
	ClvAmount	above;			/* sum of all values that are larger than these */
	uint64_t	random;			/* where the next pivots are taken from */
} Stretch;

static ClvAmount
pick_pivot(Stretch *stretch)
{
	ClvAmount	picked[3];

	for (int i = 0; i < 3; i++)
	{
		stretch->random = stretch->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		picked[i] = stretch->values[(stretch->random >> 33) % stretch->count];
	}
	return median(picked[0], picked[1], picked[2]);
}

/* Larger values to the front, equal ones behind them; tells how many there are of each. */
static void
divide(Stretch *stretch, ClvAmount pivot, size_t *larger, size_t *equal, ClvAmount *sum_larger)
{
	ClvAmount  *values = stretch->values;
	size_t		middle = 0;
	size_t		end = stretch->count;

	*larger = 0;
	*sum_larger = 0;
	while (middle < end)
	{
		if (values[middle] > pivot)
		{
			*sum_larger += values[middle];
			swap(&values[(*larger)++], &values[middle++]);
		}
		else if (values[middle] == pivot)
			middle++;
		else
			swap(&values[middle], &values[--end]);
	}
	*equal = middle - *larger;
}

/*
 * The least value such that those above it make less than the share: a search
 * that divides the values as quicksort does and follows one side.
 */
static ClvCut
find_cut(Stretch *stretch, int64_t share, ClvAmount total, ClvInterrupt interrupt)
{
	ClvCut		cut = {false, 0};

	while (stretch->count > 0)
	{
		ClvAmount	pivot = pick_pivot(stretch);
		ClvAmount	sum_larger;
		size_t		larger;
		size_t		equal;

		if (interrupt)
			interrupt();
		divide(stretch, pivot, &larger, &equal, &sum_larger);
		if (!is_below_share(stretch->above + sum_larger, share, total))
			stretch->count = larger;
		else
		{
			cut.exists = true;
			cut.value = pivot;
			stretch->above += sum_larger + pivot * (ClvAmount) equal;
			stretch->values += larger + equal;
			stretch->count -= larger + equal;
		}
	}
	return cut;
}

/* The positive values to scratch, and their sum. */
static ClvStatus
copy_positive(const ClvAmount *values, size_t count, ClvAmount *scratch, size_t *kept, ClvAmount *total)
{
	*kept = 0;
	*total = 0;
	for (size_t i = 0; i < count; i++)
	{
		ClvStatus	status;

		if (values[i] <= 0)
			continue;
		status = clv_amount_add(total, values[i]);
		if (status != CLV_OK)
			return status;
		scratch[(*kept)++] = values[i];
	}
	return CLV_OK;
}

/* Few values: B is searched where the search for A has left off. */
static ClvStatus
cuts_of_few(const ClvAmount *values, size_t count, int64_t a, int64_t b, ClvCut cuts[2],
			ClvAmount *scratch, ClvInterrupt interrupt)
{
	Stretch		stretch = {scratch, 0, 0, 1};
	ClvAmount	total;
	size_t		kept;
	ClvStatus	status = copy_positive(values, count, scratch, &kept, &total);

	if (status != CLV_OK)
		return status;
	stretch.count = kept;
	cuts[0] = find_cut(&stretch, a, total, interrupt);

	/* what A took lies before the stretch, with the sum in above */
	stretch.count = (size_t) (scratch + kept - stretch.values);
	cuts[1] = find_cut(&stretch, b, total, interrupt);
	if (!cuts[1].exists)
		cuts[1] = cuts[0];
	return CLV_OK;
}

/* The sums of the positive values, by buckets and all together. */
static ClvStatus
add_positive(const ClvAmount *values, size_t count, ClvAmount *sums, ClvAmount *total, ClvInterrupt interrupt)
{
	*total = 0;
	for (size_t i = 0; i < count; i++)
	{
		ClvStatus	status;

		if (i % CLV_BUCKET_STEP == 0 && interrupt)
			interrupt();
		if (values[i] <= 0)
			continue;
		status = clv_amount_add(total, values[i]);
		if (status != CLV_OK)
			return status;
		sums[clv_bucket_of(values[i], 1)] += values[i];
	}
	return CLV_OK;
}

/* From the top, the last bucket before which the sum is below the share holds the cut. */
static ClvCut
cut_of_many(const ClvAmount *values, size_t count, const ClvAmount *sums, int64_t share, ClvAmount total,
			ClvAmount *scratch, ClvInterrupt interrupt)
{
	uint8_t		marked[CLV_BUCKET_COUNT] = {0};
	Stretch		stretch = {scratch, 0, 0, 1};
	ClvAmount	above = 0;
	int			found = 0;

	for (int bucket = CLV_BUCKET_COUNT - 1; bucket >= 0; bucket--)
	{
		if (sums[bucket] == 0)
			continue;
		if (!is_below_share(above, share, total))
			break;
		found = bucket;
		stretch.above = above;
		above += sums[bucket];
	}
	/* without any, find_cut finds that the share is reached by nobody */
	marked[found] = 1;
	stretch.count = clv_bucket_gather(values, count, 1, marked, scratch, interrupt);
	return find_cut(&stretch, share, total, interrupt);
}

static ClvStatus
cuts_of_many(const ClvAmount *values, size_t count, int64_t a, int64_t b, ClvCut cuts[2],
			 ClvAmount *scratch, ClvInterrupt interrupt)
{
	ClvAmount	sums[CLV_BUCKET_COUNT] = {0};
	ClvAmount	total;
	ClvStatus	status = add_positive(values, count, sums, &total, interrupt);

	if (status != CLV_OK)
		return status;
	cuts[0] = cut_of_many(values, count, sums, a, total, scratch, interrupt);
	cuts[1] = cut_of_many(values, count, sums, b, total, scratch, interrupt);
	return CLV_OK;
}

ClvStatus
clv_abc_cuts(const ClvAmount *values, size_t count, int64_t a, int64_t b, ClvCut cuts[2],
			 ClvAmount *scratch, ClvInterrupt interrupt)
{
	if (count < CLV_BUCKETS_PAY)
		return cuts_of_few(values, count, a, b, cuts, scratch, interrupt);
	return cuts_of_many(values, count, a, b, cuts, scratch, interrupt);
}

ClvClass
clv_abc_class(ClvAmount value, const ClvCut cuts[2])
{
	if (cuts[0].exists && value >= cuts[0].value)
		return CLV_CLASS_A;
	if (cuts[1].exists && value >= cuts[1].value)
		return CLV_CLASS_B;
	return CLV_CLASS_C;
}

/* ---------- collecting a distribution ---------- */

ClvStatus
clv_lorenz_rescale(ClvLorenzEntry *entries, size_t count, int from_scale, int to_scale)
{
	for (size_t i = 0; i < count; i++)
	{
		ClvStatus	status = clv_amount_rescale(&entries[i].value, from_scale, to_scale);

		if (status != CLV_OK)
			return status;
	}
	return CLV_OK;
}

/* Unsigned and in the order of the values. */
static inline unsigned __int128
sort_key(ClvAmount value)
{
	return (unsigned __int128) value ^ (unsigned __int128) 1 << 127;
}

/* One pass of a radix sort, by the eight bits at shift. */
static void
distribute(const ClvLorenzEntry *from, ClvLorenzEntry *to, size_t count, int shift)
{
	size_t		places[256] = {0};
	size_t		sum = 0;

	for (size_t i = 0; i < count; i++)
		places[(uint8_t) (sort_key(from[i].value) >> shift)]++;
	for (int digit = 0; digit < 256; digit++)
	{
		size_t		here = places[digit];

		places[digit] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[places[(uint8_t) (sort_key(from[i].value) >> shift)]++] = from[i];
}

static void
insertion_sort(ClvLorenzEntry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		ClvLorenzEntry entry = entries[i];
		size_t		place = i;

		for (; place > 0 && entries[place - 1].value > entry.value; place--)
			entries[place] = entries[place - 1];
		entries[place] = entry;
	}
}

/* Only bytes in which the values differ are sorted by. */
static void
sort_entries(ClvLorenzEntry *entries, size_t count, ClvLorenzEntry *scratch, ClvInterrupt interrupt)
{
	ClvLorenzEntry *from = entries;
	ClvLorenzEntry *to = scratch;
	unsigned __int128 differ = 0;

	if (count < 48)
	{
		insertion_sort(entries, count);
		return;
	}
	for (size_t i = 1; i < count; i++)
		differ |= sort_key(entries[i].value) ^ sort_key(entries[0].value);
	for (int shift = 0; shift < 128; shift += 8)
	{
		ClvLorenzEntry *other = from;

		if ((uint8_t) (differ >> shift) == 0)
			continue;
		if (interrupt)
			interrupt();
		distribute(from, to, count, shift);
		from = to;
		to = other;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(ClvLorenzEntry));
}

size_t
clv_lorenz_compact(ClvLorenzEntry *entries, size_t count, ClvLorenzEntry *scratch, ClvInterrupt interrupt)
{
	size_t		different = 0;

	sort_entries(entries, count, scratch, interrupt);
	for (size_t i = 0; i < count; i++)
	{
		if (different > 0 && entries[different - 1].value == entries[i].value)
			entries[different - 1].customers += entries[i].customers;
		else
			entries[different++] = entries[i];
	}
	return different;
}

bool
clv_lorenz_correct(const ClvLorenzEntry *entries, size_t count, const ClvLorenzEntry *changes, size_t changed,
				   ClvLorenzEntry *corrected, size_t *different, ClvInterrupt interrupt)
{
	size_t		at = 0;
	size_t		change = 0;

	*different = 0;
	while (at < count || change < changed)
	{
		bool		has_entry = at < count && (change == changed || entries[at].value <= changes[change].value);
		bool		has_change = change < changed && (at == count || changes[change].value <= entries[at].value);
		ClvLorenzEntry entry = has_entry ? entries[at++] : (ClvLorenzEntry) {changes[change].value, 0};

		if (interrupt && (at + change) % 65536 == 0)
			interrupt();
		if (has_change && __builtin_add_overflow(entry.customers, changes[change++].customers, &entry.customers))
			return false;
		if (entry.customers < 0)
			return false;
		if (entry.customers > 0)
			corrected[(*different)++] = entry;
	}
	return true;
}

/* ---------- bytes ---------- */

void
clv_lorenz_encode(ClvLorenzKind kind, int scale, const ClvLorenzEntry *entries, size_t count, ClvSink *sink)
{
	clv_put_byte(sink, CLV_LORENZ_VERSION);
	clv_put_byte(sink, (uint8_t) kind);
	clv_put_byte(sink, (uint8_t) scale);
	clv_put_count(sink, (int64_t) count);
	for (size_t i = 0; i < count; i++)
	{
		if (i == 0)
			clv_put_amount(sink, entries[i].value);
		else
			clv_put_wide(sink, (unsigned __int128) (entries[i].value - entries[i - 1].value));
		clv_put_count(sink, entries[i].customers - 1);
	}
}

void
clv_lorenz_read(ClvLorenzReader *reader, const uint8_t *bytes, size_t size)
{
	uint8_t		version;
	uint8_t		kind;

	reader->source.next = bytes;
	reader->source.end = bytes + size;
	reader->source.bad = false;
	version = clv_get_byte(&reader->source);
	kind = clv_get_byte(&reader->source);
	reader->kind = (ClvLorenzKind) kind;
	reader->scale = clv_get_byte(&reader->source);
	reader->left = clv_get_count(&reader->source);
	reader->started = false;
	reader->value = 0;
	if (version != CLV_LORENZ_VERSION || kind > CLV_LORENZ_FLOAT8 ||
		reader->scale > (kind == CLV_LORENZ_NUMERIC ? CLV_AMOUNT_DIGITS : 0))
		reader->source.bad = true;
}

bool
clv_lorenz_next(ClvLorenzReader *reader, ClvLorenzEntry *entry)
{
	ClvSource  *source = &reader->source;

	if (reader->left <= 0 || source->bad)
		return false;
	reader->left--;
	if (!reader->started)
		reader->value = clv_get_amount(source);
	else
	{
		unsigned __int128 step = clv_get_wide(source, 126);

		if (step == 0)
			source->bad = true;
		reader->value += (ClvAmount) step;
		if (!clv_amount_in_range(reader->value))
			source->bad = true;
	}
	reader->started = true;
	entry->value = reader->value;
	entry->customers = clv_get_count(source);
	if (entry->customers == INT64_MAX)
		source->bad = true;
	else
		entry->customers++;
	return !source->bad;
}

static bool
entry_is_valid(ClvLorenzKind kind, const ClvLorenzEntry *entry)
{
	if (kind == CLV_LORENZ_NUMERIC)
		return true;
	return entry->value == (int64_t) entry->value && entry->value != INT64_MIN &&
		isfinite(clv_double_of_rank((int64_t) entry->value));
}

ClvStatus
clv_lorenz_validate(const uint8_t *bytes, size_t size)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	int64_t		customers = 0;

	clv_lorenz_read(&reader, bytes, size);
	if (reader.source.bad || (reader.left == 0 && reader.scale != 0))
		return CLV_LORENZ_BINARY;
	while (clv_lorenz_next(&reader, &entry))
		if (!entry_is_valid(reader.kind, &entry) ||
			__builtin_add_overflow(customers, entry.customers, &customers))
			return CLV_LORENZ_BINARY;
	if (reader.source.bad || reader.source.next != reader.source.end)
		return CLV_LORENZ_BINARY;
	return CLV_OK;
}

/* ---------- reading off ---------- */

/* What an entry counts: its value, or 0 if it is negative. */
static ClvAmount
counted_value(const ClvLorenz *lorenz, ClvAmount value)
{
	if (value <= 0)
		return 0;
	if (lorenz->kind == CLV_LORENZ_NUMERIC)
		return value;
	return clv_fixed_point(clv_double_of_rank((int64_t) value), lorenz->exponent);
}

double
clv_lorenz_double(const ClvLorenz *lorenz, ClvAmount fixed)
{
	if (lorenz->kind == CLV_LORENZ_NUMERIC)
		return clv_amount_to_double(fixed, lorenz->scale);
	return ldexp((double) fixed, lorenz->exponent - FIXED_BITS);
}

/* Its customers, and the largest value as it stands. */
static void
find_extent(ClvLorenz *lorenz)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry = {0, 0};

	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	lorenz->kind = reader.kind;
	lorenz->scale = reader.scale;
	lorenz->exponent = 0;
	lorenz->customers = 0;
	while (clv_lorenz_next(&reader, &entry))
		lorenz->customers += entry.customers;
	if (lorenz->kind == CLV_LORENZ_FLOAT8 && entry.value > 0)
		lorenz->exponent = clv_fixed_exponent(clv_double_of_rank((int64_t) entry.value));
	lorenz->largest = counted_value(lorenz, entry.value);
}

ClvStatus
clv_lorenz_open(ClvLorenz *lorenz, const uint8_t *bytes, size_t size)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;

	lorenz->bytes = bytes;
	lorenz->size = size;
	find_extent(lorenz);
	lorenz->total = 0;
	clv_lorenz_read(&reader, bytes, size);
	while (clv_lorenz_next(&reader, &entry))
	{
		ClvAmount	value = counted_value(lorenz, entry.value);

		if (__builtin_mul_overflow(value, (ClvAmount) entry.customers, &value) ||
			!clv_amount_in_range(value) || clv_amount_add(&lorenz->total, value) != CLV_OK)
			return CLV_AMOUNT_OVERFLOW;
	}
	return CLV_OK;
}

/* The least number of equal customers who lift a sum to a share of the total. */
static int64_t
needed(const ClvLorenz *lorenz, ClvAmount sum, ClvAmount value, int64_t customers, int64_t share)
{
	int64_t		low = 1;

	while (low < customers)
	{
		int64_t		middle = low + (customers - low) / 2;

		if (is_below_share(sum + value * (ClvAmount) middle, share, lorenz->total))
			low = middle + 1;
		else
			customers = middle;
	}
	return low;
}

bool
clv_lorenz_cutoff(const ClvLorenz *lorenz, int64_t share, ClvAmount *value, int64_t *customers)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	ClvAmount	sum = lorenz->total;
	int64_t		better = lorenz->customers;

	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (clv_lorenz_next(&reader, &entry))
	{
		ClvAmount	counted = counted_value(lorenz, entry.value);

		sum -= counted * (ClvAmount) entry.customers;
		better -= entry.customers;
		if (counted > 0 && is_below_share(sum, share, lorenz->total))
		{
			*value = entry.value;
			*customers = better + needed(lorenz, sum, counted, entry.customers, share);
			return true;
		}
	}
	return false;
}

void
clv_lorenz_score_limits(const ClvLorenz *lorenz, int bins, ClvAmount *limits)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	int64_t		counted = 0;
	int			limit = 1;

	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (limit < bins && clv_lorenz_next(&reader, &entry))
	{
		counted += entry.customers;
		for (; limit < bins && (__int128) counted * bins >= (__int128) limit * lorenz->customers; limit++)
			limits[limit - 1] = entry.value;
	}
}

double
clv_lorenz_top_share(const ClvLorenz *lorenz, double customers)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	ClvAmount	sum = lorenz->total;
	int64_t		better = lorenz->customers;

	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (clv_lorenz_next(&reader, &entry))
	{
		ClvAmount	counted = counted_value(lorenz, entry.value);

		sum -= counted * (ClvAmount) entry.customers;
		better -= entry.customers;
		if ((double) better < customers)
			return fmin(((double) sum + (double) counted * fmin(customers - (double) better, (double) entry.customers)) /
						(double) lorenz->total, 1);
	}
	return 0;
}

/*
 * Sum of (2 i - n - 1) x_i over the sorted values, divided by n times the
 * total.  For equal values the factors add up to customers * (2 * before +
 * customers - n), in integers throughout.
 */
double
clv_lorenz_gini(const ClvLorenz *lorenz)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	ClvWide		sum = {0, 0};
	int64_t		before = 0;

	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (clv_lorenz_next(&reader, &entry))
	{
		ClvAmount	counted = counted_value(lorenz, entry.value);

		/* value times customers fits, as the total does */
		sum = clv_wide_add(sum, clv_wide_multiply(counted * (ClvAmount) entry.customers,
												  before + (before + entry.customers - lorenz->customers)));
		before += entry.customers;
	}
	/* the sum is at most the divisor, which rounding may leave below it */
	return fmin(clv_wide_to_double(sum) / ((double) lorenz->customers * (double) lorenz->total), 1);
}

/* ---------- standard errors ---------- */

/*
 * Jackknife of Gini's index in one pass (Karagiannis and Kovacevic 2000): of
 * the sorted values x_i with W = sum of i x_i, the k-th taken out leaves
 * W - k x_k - (sum of those above), whichever of equal values it is.  NaN
 * where nothing is left without the largest customer.
 */
double
clv_lorenz_gini_error(const ClvLorenz *lorenz)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	double		n = (double) lorenz->customers;
	double		total = (double) lorenz->total;
	double		gini = clv_lorenz_gini(lorenz);
	double		ranks = (n * gini + n + 1) / 2; /* W by the total */
	double		before = 0;
	double		lower = 0;		/* share of the total of lower values */
	double		sum = 0;
	double		squares = 0;

	if (lorenz->customers < 2 || lorenz->largest == lorenz->total)
		return NAN;
	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (clv_lorenz_next(&reader, &entry))
	{
		double		share = (double) counted_value(lorenz, entry.value) / total;
		double		customers = (double) entry.customers;
		double		left = ranks - (before + 1) * share - (1 - lower - share);
		double		moved = 2 * left / ((n - 1) * (1 - share)) - n / (n - 1) - gini;

		sum += customers * moved;
		squares += customers * moved * moved;
		before += customers;
		lower += customers * share;
	}
	return sqrt(fmax(squares - sum * sum / n, 0) * (n - 1) / n);
}

/*
 * Share of the best by the delta method (Beach and Davidson 1983): with x the
 * value at which they begin, a customer worth v moves it in proportion to
 * max(v - x, 0) - share v.
 */
double
clv_lorenz_top_share_error(const ClvLorenz *lorenz, double customers)
{
	ClvLorenzReader reader;
	ClvLorenzEntry entry;
	double		n = (double) lorenz->customers;
	double		mean = (double) lorenz->total / n;
	double		share = clv_lorenz_top_share(lorenz, customers);
	double		better = n;
	double		limit = 0;
	double		sum = 0;
	double		squares = 0;

	if (lorenz->customers < 2)
		return NAN;
	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (better >= customers && clv_lorenz_next(&reader, &entry))
	{
		limit = (double) counted_value(lorenz, entry.value) / mean;
		better -= (double) entry.customers;
	}
	clv_lorenz_read(&reader, lorenz->bytes, lorenz->size);
	while (clv_lorenz_next(&reader, &entry))
	{
		double		value = (double) counted_value(lorenz, entry.value) / mean;
		double		moves = fmax(value - limit, 0) - share * value;

		sum += (double) entry.customers * moves;
		squares += (double) entry.customers * moves * moves;
	}
	return sqrt(fmax(squares - sum * sum / n, 0) / (n - 1) / n);
}

/* ---------- limits from the curve ---------- */

/* From the smallest positive value, at which all who have value are counted, up to the largest. */
typedef struct CurveWalk
{
	ClvLorenzReader reader;
	int64_t		customers;		/* who have at least the next value */
	ClvAmount	sum;
} CurveWalk;

static void
start_walk(CurveWalk *walk, const ClvLorenz *lorenz)
{
	clv_lorenz_read(&walk->reader, lorenz->bytes, lorenz->size);
	walk->customers = lorenz->customers;
	walk->sum = lorenz->total;
}

static bool
next_point(CurveWalk *walk, const ClvLorenz *lorenz, ClvCurvePoint *point)
{
	ClvLorenzEntry entry;

	while (clv_lorenz_next(&walk->reader, &entry))
	{
		ClvAmount	counted = counted_value(lorenz, entry.value);

		point->value = entry.value;
		point->customers = walk->customers;
		point->sum = walk->sum;
		walk->customers -= entry.customers;
		walk->sum -= counted * (ClvAmount) entry.customers;
		if (counted > 0)
			return true;
	}
	return false;
}

static double
effort(const ClvLorenz *lorenz, const ClvCurvePoint *point)
{
	return (double) point->customers / (double) lorenz->customers;
}

/* The point of the curve nearest to the whole yield at some effort; of several the one with fewest customers. */
static ClvCurvePoint
nearest_point(const ClvLorenz *lorenz, double ideal_effort)
{
	CurveWalk	walk;
	ClvCurvePoint point;
	ClvCurvePoint nearest = {0, 0, 0};
	double		least = INFINITY;

	start_walk(&walk, lorenz);
	while (next_point(&walk, lorenz, &point))
	{
		double		distance = hypot(effort(lorenz, &point) - ideal_effort,
									 1 - (double) point.sum / (double) lorenz->total);

		if (distance <= least)
		{
			least = distance;
			nearest = point;
		}
	}
	return nearest;
}

/* The last point before which the curve is at least as steep as the diagonal: customers worth no less than the mean. */
static ClvCurvePoint
break_even_point(const ClvLorenz *lorenz)
{
	CurveWalk	walk;
	ClvCurvePoint point = {0, 0, 0};
	ClvWide		total = clv_wide_multiply(lorenz->total, 1);

	start_walk(&walk, lorenz);
	while (next_point(&walk, lorenz, &point))
		if (clv_wide_compare(clv_wide_multiply(counted_value(lorenz, point.value), lorenz->customers), total) >= 0)
			break;
	return point;
}

/*
 * The section "Computed ABC analysis" of Ultsch and Loetsch: A ends at the
 * point nearest to all yield without effort, or where a further customer
 * yields less than the average one, whichever comes first; B ends at the
 * point nearest to all yield at the effort of the other of the two.
 */
void
clv_lorenz_limits(const ClvLorenz *lorenz, ClvCurvePoint limits[2])
{
	ClvCurvePoint pareto = nearest_point(lorenz, 0);
	ClvCurvePoint break_even = break_even_point(lorenz);
	bool		swapped = break_even.customers < pareto.customers;

	limits[0] = swapped ? break_even : pareto;
	limits[1] = nearest_point(lorenz, effort(lorenz, swapped ? &pareto : &break_even));
}

bool
clv_lorenz_reaches(const ClvLorenz *lorenz, ClvAmount sum, int64_t share)
{
	return !is_below_share(sum, share, lorenz->total);
}
