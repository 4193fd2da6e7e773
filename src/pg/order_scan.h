/*-------------------------------------------------------------------------
 *
 * order_scan.h
 *	  Orders read from the columns of a table without the executor, by this
 *	  process and parallel workers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ORDER_SCAN_H
#define CLV_PG_ORDER_SCAN_H

#include "nodes/nodes.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "pg/order_columns.h"
#include "pg/order_spool.h"

/* All orders that the snapshot sees, into the spool; cost is the planner's, of reading them by one process. */
extern void clv_order_scan(Relation relation, Snapshot snapshot, ClvOrderColumns *columns, const int *places,
						   Cost cost, ClvOrderSpool *spool);

#endif							/* CLV_PG_ORDER_SCAN_H */
