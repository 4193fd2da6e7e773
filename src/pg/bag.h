/*-------------------------------------------------------------------------
 *
 * bag.h
 *	  What an aggregate collects: entries in any order, of which equal ones
 *	  are added up whenever there is no room for more.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_BAG_H
#define CLV_PG_BAG_H

#include "utils/palloc.h"

/* Sorts entries and adds up equal ones; answers how many are left.  scratch is as large. */
typedef size_t (*ClvBagMerge) (void *entries, size_t count, void *scratch);

typedef struct ClvBag
{
	MemoryContext context;
	size_t		entry_size;
	ClvBagMerge merge;
	bool		compact;		/* sorted, no two entries equal */
	size_t		count;
	size_t		capacity;
	void	   *entries;
} ClvBag;

extern void clv_bag_init(ClvBag *bag, MemoryContext context, size_t entry_size, ClvBagMerge merge);

/* The place of a new entry, which the caller fills in before anything else happens to the bag. */
extern void *clv_bag_place(ClvBag *bag);

extern void clv_bag_compact(ClvBag *bag);

/* Room for so many entries, beside the bag. */
extern void *clv_bag_allocate(const ClvBag *bag, size_t count);

#endif							/* CLV_PG_BAG_H */
