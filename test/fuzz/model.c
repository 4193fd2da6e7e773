/*-------------------------------------------------------------------------
 *
 * model.c
 *	  Fuzz target of models: whatever text or bytes come, what is accepted is
 *	  a model, and is written and read back to the same bytes.
 *
 * The first byte chooses: 0 bytes, 1 text, 2 what is to be fitted.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "model/fit_request.h"
#include "model/model_bytes.h"
#include "model/model_text.h"

static void
check_model(const ClvModel *model)
{
	uint8_t		bytes[CLV_MODEL_MAX_BYTES];
	uint8_t		again[CLV_MODEL_MAX_BYTES];
	char		out[CLV_MODEL_TEXT_SIZE];
	char		message[CLV_MODEL_MESSAGE_SIZE];
	size_t		size = clv_model_pack(model, bytes);
	int			length = clv_model_write(model, out);
	ClvModel	other;

	REQUIRE(size <= CLV_MODEL_MAX_BYTES);
	REQUIRE(length < CLV_MODEL_TEXT_SIZE && out[length] == '\0');
	REQUIRE(clv_model_check(model, message) == CLV_OK);
	REQUIRE(clv_model_unpack(bytes, size, &other, message) == CLV_OK);
	REQUIRE(clv_model_pack(&other, again) == size && memcmp(bytes, again, size) == 0);
	REQUIRE(clv_model_read(out, &other, message) == CLV_OK);
	REQUIRE(clv_model_pack(&other, again) == size && memcmp(bytes, again, size) == 0);
}

static void
check_bytes(const uint8_t *data, size_t size)
{
	uint8_t    *bytes = (uint8_t *) fuzz_string(data, size);
	char		message[CLV_MODEL_MESSAGE_SIZE] = "";
	ClvModel	model;

	if (clv_model_unpack(bytes, size, &model, message) == CLV_OK)
	{
		uint8_t		again[CLV_MODEL_MAX_BYTES];

		REQUIRE(clv_model_pack(&model, again) == size && memcmp(data, again, size) == 0);
		check_model(&model);
	}
	else
		REQUIRE(message[0] != '\0' && memchr(message, 0, sizeof(message)) != NULL);
	free(bytes);
}

static void
check_text(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_string(data, size);
	char		message[CLV_MODEL_MESSAGE_SIZE] = "";
	ClvModel	model;

	if (clv_model_read(text, &model, message) == CLV_OK)
		check_model(&model);
	else
		REQUIRE(message[0] != '\0' && memchr(message, 0, sizeof(message)) != NULL);
	free(text);
}

static void
check_request(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_string(data, size);
	char		request[160];
	char		again[160];
	char		message[CLV_MODEL_MESSAGE_SIZE] = "";
	const ClvFamily *family;
	ClvFitOptions options;

	if (clv_fit_request_normalize(text, strlen(text), request, sizeof(request)))
	{
		REQUIRE(memchr(request, 0, sizeof(request)) != NULL);
		REQUIRE(clv_fit_request_normalize(request, strlen(request), again, sizeof(again)));
		REQUIRE(memcmp(request, again, sizeof(request)) == 0);
		if (clv_fit_request_read(request, &family, &options, message) != CLV_OK)
			REQUIRE(message[0] != '\0' && memchr(message, 0, sizeof(message)) != NULL);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3)
	{
		case 0:
			check_bytes(data + 1, size - 1);
			break;
		case 1:
			check_text(data + 1, size - 1);
			break;
		default:
			check_request(data + 1, size - 1);
			break;
	}
	return 0;
}
