/*-------------------------------------------------------------------------
 *
 * model_text.c
 *	  Tests of models as text and as bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "model/fit_request.h"
#include "model/model_bytes.h"
#include "model/model_text.h"

static uint64_t state = 7;

static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* A positive number of any size. */
static double
random_number(void)
{
	return exp((double) (next_random() % 100000) / 1000 - 50);
}

/* Two models are the same when their bytes are. */
static bool
same(const ClvModel *a, const ClvModel *b)
{
	uint8_t		x[CLV_MODEL_MAX_BYTES];
	uint8_t		y[CLV_MODEL_MAX_BYTES];
	size_t		size = clv_model_pack(a, x);

	return size <= sizeof(x) && size == clv_model_pack(b, y) && memcmp(x, y, size) == 0;
}

static void
accepted(void)
{
	static const struct
	{
		const char *input;
		const char *output;
	}			cases[] = {
		{"bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)", "bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)"},
		{" BG/NBD ( b = 2.426 , a=.793,alpha=4.414, R=243e-3 ) ", "bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426)"},
		{"bg/nbd(r=1, alpha=1, a=-0, b=1)", "bg/nbd(r=1, alpha=1, a=0, b=1)"},
		{"gamma-gamma(p=6.25, q=3.74, v=15.44)", "gamma-gamma(p=6.25, q=3.74, gamma=15.44)"},
		{"nbd(r=0.1, alpha=0.30000000000000004)", "nbd(r=0.1, alpha=0.30000000000000004)"},
		{"nbd(r=1, alpha=2); unit=week", "nbd(r=1, alpha=2); unit=7 days"},
		{"nbd(r=1, alpha=2); unit = 1 day", "nbd(r=1, alpha=2); unit=1 day"},
		{"nbd(r=1, alpha=2); unit=36 hours", "nbd(r=1, alpha=2); unit=1.5 days"},
		{"nbd(r=1, alpha=2); unit=4 quarters", "nbd(r=1, alpha=2); unit=365.2425 days"},
		{"nbd(r=1, alpha=2); unit=12 months", "nbd(r=1, alpha=2); unit=365.2425 days"},
		{"nbd(r=1, alpha=2); unit=1440 minutes", "nbd(r=1, alpha=2); unit=1 day"},
		{"nbd(r=1, alpha=2);unit=2 years", "nbd(r=1, alpha=2); unit=730.485 days"},
		{"nbd(r=1, alpha=2); covariance=[1 -0.5 2]", "nbd(r=1, alpha=2); covariance=[1 -0.5 2]"},
		{"nbd(r=1, alpha=2); log_likelihood=-12.5, customers=3, observations=2, estimated=2, status=ok",
		"nbd(r=1, alpha=2); status=ok, log_likelihood=-12.5, customers=3, observations=2, estimated=2, iterations=0, gradient_norm=0"},
		{"nbd(r=1, alpha=2); status=too few customers, log_likelihood=-12.5, customers=3, observations=2, estimated=2, at_bound=r+alpha, iterations=7, gradient_norm=1e-12, covariance=[0 0 0]",
		"nbd(r=1, alpha=2); status=too few customers, log_likelihood=-12.5, customers=3, observations=2, estimated=2, at_bound=r+alpha, iterations=7, gradient_norm=1e-12, covariance=[0 0 0]"},
		{"nbd(r=1, alpha=2); status=flat, log_likelihood=-12.5, customers=3, observations=2, estimated=2, limits=[0.5 inf 0 2]",
		"nbd(r=1, alpha=2); status=flat, log_likelihood=-12.5, customers=3, observations=2, estimated=2, iterations=0, gradient_norm=0, limits=[0.5 inf 0 2]"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		ClvModel	model;
		char		message[CLV_MODEL_MESSAGE_SIZE] = "";
		char		out[CLV_MODEL_TEXT_SIZE];
		int			length;

		if (!ok(clv_model_read(cases[i].input, &model, message) == CLV_OK, "read: %s", cases[i].input))
		{
			diag("%s", message);
			continue;
		}
		length = clv_model_write(&model, out);
		is_int(length, (int64_t) strlen(out), "length is told");
		is_str(out, cases[i].output, "written: %s", cases[i].output);
	}
}

static void
refused(void)
{
	static const struct
	{
		const char *input;
		ClvStatus	status;
	}			cases[] = {
		{"", CLV_MODEL_SYNTAX},
		{"bg/nbd", CLV_MODEL_SYNTAX},
		{"()", CLV_UNKNOWN_FAMILY},
		{"bgnbd(r=1)", CLV_UNKNOWN_FAMILY},
		{"a family with a name that is far too long for a family(r=1)", CLV_UNKNOWN_FAMILY},
		{"nbd()", CLV_MODEL_SYNTAX},
		{"nbd(r=1)", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2,)", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2, r=1)", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2, beta=3)", CLV_MODEL_SYNTAX},
		{"nbd(r=, alpha=2)", CLV_MODEL_SYNTAX},
		{"nbd(r=nan, alpha=2)", CLV_MODEL_SYNTAX},
		{"nbd(r=inf, alpha=2)", CLV_MODEL_SYNTAX},
		{"nbd(r=0x1, alpha=2)", CLV_MODEL_SYNTAX},
		{"nbd(r=1e999, alpha=2)", CLV_MODEL_SYNTAX},
		{"nbd(r=-1, alpha=2)", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=0, alpha=2)", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=1e200, alpha=2)", CLV_PARAMETER_OUT_OF_RANGE},
		{"bg/cnbd-k(k=1.5, r=1, alpha=1, a=1, b=1)", CLV_PARAMETER_OUT_OF_RANGE},
		{"bg/cnbd-k(k=0, r=1, alpha=1, a=1, b=1)", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=1, alpha=2) x", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2);", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); unit", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); unit=0 days", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); unit=-1 days", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); unit=fortnight", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); unit=1 day, unit=1 day", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); color=red", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=fine", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=far too long for the status of any fit", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); log_likelihood=-1, customers=3, observations=2, estimated=2", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=nan, customers=3, observations=2, estimated=2", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2.5, estimated=2", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=3", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=0, observations=2, estimated=2", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=2, gradient_norm=-1", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=2, at_bound=beta", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); covariance=[1 2]", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); covariance=[1 2 3 4]", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); covariance=[-1 0 1]", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=1, alpha=2); limits=[0.5 2 1 3]", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=2, limits=[0.5 2 1]", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=2, limits=[inf inf 1 3]", CLV_MODEL_SYNTAX},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=2, limits=[0.5 2 1 1.5]", CLV_PARAMETER_OUT_OF_RANGE},
		{"nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=3, observations=2, estimated=2, limits=[-1 2 1 inf]", CLV_PARAMETER_OUT_OF_RANGE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		ClvModel	model;
		char		message[CLV_MODEL_MESSAGE_SIZE] = "";
		ClvStatus	status = clv_model_read(cases[i].input, &model, message);

		if (!ok(status == cases[i].status && message[0] != '\0', "refused: %s", cases[i].input))
			diag("status %d, wanted %d: %s", (int) status, (int) cases[i].status, message);
	}
}

/* Random models of every family survive text and bytes without a changed bit. */
static void
round_trips(void)
{
	bool		by_text = true;
	bool		by_bytes = true;
	int			longest = 0;

	for (int i = 0; i < 20000; i++)
	{
		const ClvFamily *family = clv_family_table[next_random() % (uint64_t) clv_family_count];
		double		parameters[CLV_MAX_PARAMETERS];
		ClvModel	model;
		ClvModel	again;
		char		message[CLV_MODEL_MESSAGE_SIZE];
		char		out[CLV_MODEL_TEXT_SIZE];
		uint8_t		bytes[CLV_MODEL_MAX_BYTES];
		size_t		size;
		int			length;

		for (int j = 0; j < family->parameter_count; j++)
			parameters[j] = family->parameter[j].whole ? (double) (1 + next_random() % 12) : random_number();
		if (clv_model_from_parameters(family, parameters, next_random() % 2 ? random_number() : 0, &model, NULL) != CLV_OK)
			continue;
		if (next_random() % 2)
		{
			model.status = (ClvFitStatus) (1 + next_random() % (CLV_FIT_STATUS_COUNT - 1));
			model.log_likelihood = -random_number();
			model.customers = random_number();
			model.observations = (int64_t) (next_random() % 1000000);
			model.estimated = (int) (next_random() % (uint64_t) (family->parameter_count + 1));
			model.at_bound = (uint32_t) (next_random() % (UINT64_C(1) << family->parameter_count));
			model.iterations = (int) (next_random() % 200);
			model.gradient_norm = random_number();
		}
		if (next_random() % 2)
		{
			model.has_covariance = true;
			for (int j = 0; j < family->parameter_count; j++)
				for (int k = 0; k <= j; k++)
					model.covariance[j][k] = model.covariance[k][j] =
						j != k && next_random() % 2 ? -random_number() : random_number();
		}
		if (model.status != CLV_FIT_GIVEN && next_random() % 2)
		{
			model.has_limits = true;
			for (int j = 0; j < family->parameter_count; j++)
			{
				const ClvParameter *parameter = &family->parameter[j];
				double		share = (double) (next_random() % 1000) / 1000;

				model.limit[j][0] = parameter->offset + share * (model.parameters[j] - parameter->offset);
				model.has_limits = model.has_limits && model.parameters[j] >= parameter->offset;
				model.limit[j][1] = next_random() % 4 ? model.parameters[j] * (1 + share) : INFINITY;
			}
		}

		length = clv_model_write(&model, out);
		if (length > longest)
			longest = length;
		if (clv_model_read(out, &again, message) != CLV_OK || !same(&model, &again))
			by_text = false;
		size = clv_model_pack(&model, bytes);
		if (clv_model_unpack(bytes, size, &again, message) != CLV_OK || !same(&model, &again))
			by_bytes = false;
	}
	ok(by_text, "text is exact");
	ok(by_bytes, "bytes are exact");
	ok(longest < CLV_MODEL_TEXT_SIZE * 3 / 4, "text has room: %d of %d", longest, CLV_MODEL_TEXT_SIZE);
}

/* A field set to a value that no model has, beside all others in range: refused with a sentence, also as bytes. */
#define REFUSED(field, value) \
	do \
	{ \
		again = model; \
		again.field = value; \
		message[0] = '\0'; \
		ok(clv_model_check(&again, message) == CLV_PARAMETER_OUT_OF_RANGE && message[0] != '\0', "refused: " #field " = " #value); \
		ok(clv_model_unpack(bytes, clv_model_pack(&again, bytes), &again, message) == CLV_MODEL_BINARY, "and as bytes"); \
	} while (0)

#define ACCEPTED(field, value) \
	do \
	{ \
		again = model; \
		again.field = value; \
		ok(clv_model_unpack(bytes, clv_model_pack(&again, bytes), &again, message) == CLV_OK && again.field == value, "kept: " #field " = " #value); \
	} while (0)

static void
ranges(void)
{
	ClvModel	model;
	ClvModel	again;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	uint8_t		bytes[CLV_MODEL_MAX_BYTES];

	ok(clv_model_read("nbd(r=0.5, alpha=4); unit=7 days, status=ok, log_likelihood=-9582.4, customers=2357, observations=1630, "
					  "estimated=2, iterations=9, gradient_norm=1e-12, covariance=[1 2 3], limits=[0.2 0.7 3 inf]", &model, message) == CLV_OK,
	   "a complete model");
	ACCEPTED(unit_days, 0);
	REFUSED(unit_days, -1);
	REFUSED(unit_days, INFINITY);
	REFUSED(unit_days, NAN);
	REFUSED(log_likelihood, NAN);
	REFUSED(log_likelihood, -INFINITY);
	REFUSED(customers, 0);
	REFUSED(customers, -1);
	REFUSED(customers, NAN);
	REFUSED(customers, INFINITY);
	ACCEPTED(observations, INT64_C(9007199254740992));
	REFUSED(observations, INT64_C(9007199254740993));
	REFUSED(observations, -1);
	REFUSED(iterations, -1);
	ACCEPTED(estimated, 0);
	REFUSED(estimated, -1);
	REFUSED(estimated, 3);
	ACCEPTED(at_bound, 3);
	REFUSED(at_bound, 4);
	ACCEPTED(gradient_norm, 0);
	REFUSED(gradient_norm, -1);
	REFUSED(gradient_norm, NAN);
	REFUSED(gradient_norm, INFINITY);
	REFUSED(covariance[0][0], -1);
	REFUSED(covariance[1][1], -1);
	REFUSED(covariance[1][0], NAN);
	ACCEPTED(covariance[1][0], -2);
	REFUSED(limit[0][0], -0.1);
	REFUSED(limit[0][0], 0.6);
	REFUSED(limit[0][1], 0.4);
	REFUSED(limit[1][1], NAN);
	ACCEPTED(limit[1][0], 0);
	ACCEPTED(limit[1][1], 4);

	/* limits are what a fit finds */
	model.status = CLV_FIT_GIVEN;
	ok(clv_model_unpack(bytes, clv_model_pack(&model, bytes), &again, message) == CLV_MODEL_BINARY, "limits of a model that no fit found are refused");
	model.has_limits = false;
	memset(&again, 0x55, sizeof(again));
	ok(clv_model_unpack(bytes, clv_model_pack(&model, bytes), &again, message) == CLV_OK && again.customers == 0 && again.observations == 0 &&
	   again.estimated == 0 && again.at_bound == 0 && isnan(again.log_likelihood), "without them it has no customers and no likelihood");
}

/* Whatever bytes are changed: refused, or a model that is in range. */
static void
damage(void)
{
	static const char *input =
		"bg/nbd(r=0.243, alpha=4.414, a=0.793, b=2.426); unit=7 days, status=ok, log_likelihood=-9582.4, customers=2357, "
		"observations=1630, estimated=4, iterations=9, gradient_norm=1e-12, covariance=[1 2 3 4 5 6 7 8 9 10], "
		"limits=[0.2 0.3 4 inf 0.5 1 2 3]";
	ClvModel	model;
	ClvModel	again;
	char		message[CLV_MODEL_MESSAGE_SIZE];
	char		sentence[CLV_MODEL_MESSAGE_SIZE];
	uint8_t		bytes[CLV_MODEL_MAX_BYTES + 1];
	uint8_t		damaged[CLV_MODEL_MAX_BYTES + 1];
	size_t		size;
	bool		well = true;
	int			survived = 0;

	memset(bytes, 0, sizeof(bytes));
	ok(clv_model_read(input, &model, message) == CLV_OK, "a complete model");
	again = model;
	again.observations = INT64_C(9007199254740993);
	ok(clv_model_check(&again, message) == CLV_PARAMETER_OUT_OF_RANGE, "more observations than its text could tell are refused");
	size = clv_model_pack(&model, bytes);
	for (size_t i = 0; i < size; i++)
	{
		message[0] = '\0';
		if (clv_model_unpack(bytes, i, &again, message) == CLV_OK || message[0] == '\0')
			well = false;
	}
	ok(well, "every truncation is refused with a sentence");
	ok(clv_model_unpack(bytes, size + 1, &again, message) == CLV_MODEL_BINARY, "a byte too many is refused");
	snprintf(sentence, sizeof(sentence), "It has %zu bytes, not %zu.", size + 1, size);
	is_str(message, sentence, "and counted");

	well = true;
	for (int i = 0; i < 200000; i++)
	{
		memcpy(damaged, bytes, size);
		for (uint64_t k = 1 + next_random() % 3; k > 0; k--)
			damaged[next_random() % size] = (uint8_t) next_random();
		message[0] = '\0';
		if (clv_model_unpack(damaged, size, &again, message) == CLV_OK)
		{
			uint8_t		packed[CLV_MODEL_MAX_BYTES];

			survived++;
			if (clv_model_check(&again, message) != CLV_OK ||
				clv_model_pack(&again, packed) != size || memcmp(packed, damaged, size) != 0)
				well = false;
		}
		else if (message[0] == '\0')
			well = false;
	}
	ok(well && survived > 1000, "damaged bytes are refused with a sentence or are a model in its one form");

	well = true;
	for (int i = 0; i < 100000; i++)
	{
		char		text_form[400];
		size_t		length = strlen(input);

		memcpy(text_form, input, length + 1);
		for (uint64_t k = 1 + next_random() % 4; k > 0; k--)
			text_form[next_random() % length] = "0123456789=,;()[] .-+eabnruk/"[next_random() % 29];
		message[0] = '\0';
		if (clv_model_read(text_form, &again, message) == CLV_OK ? clv_model_check(&again, message) != CLV_OK : message[0] == '\0')
			well = false;
	}
	ok(well, "damaged text is refused with a sentence or is a model in range");
}

static void
requests(void)
{
	static const struct
	{
		const char *input;
		ClvStatus	status;
	}			cases[] = {
		{"bg/nbd", CLV_OK},
		{" BG / NBD ", CLV_OK},
		{"bg/nbd(penalty=0.01, max_iterations=500, tolerance=1e-6)", CLV_OK},
		{"bg/nbd(r=1, alpha=10, a=1, b=1)", CLV_OK},
		{"bg/cnbd-k(k=3)", CLV_OK},
		{"bg/cnbd-k(k=3, r=1, alpha=10, a=1, b=1)", CLV_OK},
		{"bg/cnbd-k(r=1, alpha=10, a=1, b=1)", CLV_OK},
		{"", CLV_UNKNOWN_FAMILY},
		{"bgnbd", CLV_UNKNOWN_FAMILY},
		{"bg/nbd()", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(r=1)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(r=1, r=1)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(r=-1, alpha=10, a=1, b=1)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(penalty=-1)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(penalty=nan)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(tolerance=0)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(max_iterations=0)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(max_iterations=1.5)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(k=3)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/cnbd-k(k=0)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/cnbd-k(k=12)", CLV_OK},
		{"bg/cnbd-k(k=13)", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(penalty=1", CLV_FIT_OPTION_OUT_OF_RANGE},
		{"bg/nbd(penalty=1)x", CLV_FIT_OPTION_OUT_OF_RANGE},
	};
	char		request[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const ClvFamily *family;
		ClvFitOptions options;
		char		longer[160];
		char		message[CLV_MODEL_MESSAGE_SIZE] = "";
		ClvStatus	status;

		clv_fit_request_normalize(cases[i].input, strlen(cases[i].input), longer, sizeof(longer));
		status = clv_fit_request_read(longer, &family, &options, message);
		if (!ok(status == cases[i].status && (status == CLV_OK || message[0] != '\0'), "request: %s", cases[i].input))
			diag("status %d: %s", (int) status, message);
		if (i == 2)
			ok(options.penalty == 0.01 && options.max_iterations == 500 && options.tolerance == 1e-6, "options are read");
		if (i == 3)
			ok(options.has_start && options.start[1] == 10, "the start is read");
		if (i == 4)
			ok(options.k == 3 && !options.has_start, "k alone is no start");
		if (i == 6)
			ok(options.k == 0 && options.has_start, "a start alone leaves k open");
	}
	ok(!clv_fit_request_normalize("012345678901234567890123456789012345678901", 40, request, sizeof(request)),
	   "what is too long is told");
	ok(clv_fit_request_normalize("012345678901234567890123456789012345678901", 39, request, sizeof(request)) &&
	   strcmp(request, "012345678901234567890123456789012345678") == 0, "what just fits is kept");
}

/* What is said about texts of models and requests that are refused. */
static void
sentences(void)
{
	static const struct
	{
		bool		of_request;
		const char *input;
		const char *sentence;
	}			cases[] = {
		{false, "nbd", "Its parameters in parentheses are missing."},
		{false, "mbd(r=1)", "There is no family \"mbd\"."},
		{false, "nbd(=1)", "The name of a parameter is expected at \"=1)\"."},
		{false, "nbd(r=1)", "The parameter alpha of nbd is missing."},
		{false, "nbd(r=1, beta=2)", "The family nbd has no parameter \"beta\"."},
		{false, "nbd(r=1, R=2)", "The parameter r stands there twice."},
		{false, "nbd(r=1, alpha=x)", "The parameter alpha has no finite number."},
		{false, "nbd(r=1, alpha=2; unit=1 day)", "A comma or a closing parenthesis is expected at \"; unit=1 day)\"."},
		{false, "nbd(r=1, alpha=2) x", "Nothing may follow at \"x\"."},
		{false, "nbd(r=0, alpha=2)", "The parameter r of nbd is 0; it is a number from 1e-100 to 1e+100."},
		{false, "bg/cnbd-k(k=0, r=1, alpha=1, a=1, b=1)", "The parameter k of bg/cnbd-k is 0; it is a whole number from 1 to 100."},
		{false, "nbd(r=1, alpha=2); unit 7 days", "A field such as unit=7 days is expected at \" 7 days\"."},
		{false, "nbd(r=1, alpha=2); unit=7 moons", "A unit is a length of time such as 7 days."},
		{false, "nbd(r=1, alpha=2); colour=7", "A model has no field \"colour\"."},
		{false, "nbd(r=1, alpha=2); unit=1 day, unit=1 day", "The field unit stands there twice."},
		{false, "nbd(r=1, alpha=2); status=fine", "No fit ends with the status \"fine\"."},
		{false, "nbd(r=1, alpha=2); customers=x", "The value of customers is out of range or no number."},
		{false, "nbd(r=1, alpha=2); at_bound=beta", "Names of parameters of nbd are expected after at_bound."},
		{false, "nbd(r=1, alpha=2); covariance=[1 2]",
		"The covariance of 2 parameters is [ and 3 numbers, the lower triangle by rows, and ]."},
		{false, "nbd(r=1, alpha=2); limits=[1 2]", "The limits of 2 parameters are [ and 4 numbers, lower and upper of each, and ]."},
		{false, "nbd(r=1, alpha=2); covariance=[-1 0 1]", "The covariance of r and r is -1."},
		{false, "nbd(r=1, alpha=2); status=ok", "Either all of status, log_likelihood, customers, observations and estimated stand there, or none."},
		{false, "nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=0, observations=1, estimated=2",
		"The number of customers is 0; it must be finite and greater than zero."},
		{false, "nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=1, observations=1, estimated=2, gradient_norm=-1",
		"What it says about the fit is out of range."},
		{false, "nbd(r=1, alpha=2); status=ok, log_likelihood=-1, customers=1, observations=1, estimated=2, limits=[2 3 1 3]",
		"The limits of r are 2 and 3."},
		{true, "ndb(r=1)", "There is no family \"ndb\"."},
		{true, "nbd()", "An option such as max_iterations=500 is expected at \")\"."},
		{true, "nbd(penalty=1", "A comma or a closing parenthesis is expected at \"\"."},
		{true, "nbd(r=1,r=1)", "The parameter r stands there twice."},
		{true, "nbd(r=1)", "To start from given parameters, all of them must be given."},
		{true, "nbd(r=0,alpha=1)", "The fit cannot start from r = 0."},
		{true, "bg/cnbd-k(k=1.5)", "k is 1.5; a fit takes a whole number from 1 to 12."},
		{true, "nbd(max_iterations=0)", "max_iterations is 0."},
		{true, "nbd(tolerance=1)", "tolerance is 1."},
		{true, "nbd(penalty=-1)", "penalty is -1."},
		{true, "nbd(unit_days=0)", "unit_days is 0."},
		{true, "nbd(depth=1)", "A fit of nbd has no option \"depth\"."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		char		message[CLV_MODEL_MESSAGE_SIZE] = "";
		const ClvFamily *family;
		ClvFitOptions options;
		ClvModel	model;

		if (cases[i].of_request)
			clv_fit_request_read(cases[i].input, &family, &options, message);
		else
			clv_model_read(cases[i].input, &model, message);
		is_str(message, cases[i].sentence, "what is said of %s", cases[i].input);
	}
}

int
main(void)
{
	requests();
	accepted();
	refused();
	sentences();
	round_trips();
	ranges();
	damage();
	return done_testing();
}
