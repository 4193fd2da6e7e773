/*-------------------------------------------------------------------------
 *
 * customer_key.h
 *	  What a customer is known by in an order table: a value of any type that
 *	  can be hashed and compared.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_CUSTOMER_KEY_H
#define CLV_PG_CUSTOMER_KEY_H

#include "fmgr.h"

/* How customers are told apart. */
typedef enum ClvKeyKind
{
	CLV_KEY_IS_TAG,				/* equal where the datum is: integers, dates */
	CLV_KEY_IS_BYTES,			/* equal where the bytes are: text, uuid */
	CLV_KEY_HAS_OPERATORS		/* by the type's own hash function and equality */
} ClvKeyKind;

typedef struct ClvCustomerKey
{
	ClvKeyKind	kind;
	Oid			collation;
	int16		length;
	bool		by_value;
	FmgrInfo   *hash;
	FmgrInfo   *equal;
} ClvCustomerKey;

/* The keys of a type; raises where it cannot be hashed or compared. */
extern void clv_customer_key_init(ClvCustomerKey *key, Oid type, Oid collation);

/* The key itself, or its hash.  Keys that are passed by reference must not be toasted. */
extern uint64 clv_key_tag(const ClvCustomerKey *key, Datum value);

/* Whether two keys of the same tag are the same; those of kind CLV_KEY_IS_TAG always are. */
extern bool clv_key_equal(const ClvCustomerKey *key, Datum left, Datum right);

/* A copy in the current memory context, not toasted. */
extern Datum clv_key_copy(const ClvCustomerKey *key, Datum value);

/* The bytes of a key that is passed by reference, with its header. */
extern size_t clv_key_size(const ClvCustomerKey *key, Datum value);

#endif							/* CLV_PG_CUSTOMER_KEY_H */
