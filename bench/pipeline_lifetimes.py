"""The whole way by lifetimes, for measure.pl: orders out of PostgreSQL, pandas, fits, predictions, values back in.

   pipeline_lifetimes.py TABLE     seconds of wall and CPU, as JSON

CPU is that of Python, of the psql it runs and of the backends that serve it; "server" is the part of the backends. Importing is not measured.
"""
import io
import json
import os
import resource
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import pandas
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data


def cpu():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def psql(statement, given=None):
    """What a session answers, which says last how many nanoseconds its backend was running."""
    global server
    answer = subprocess.run(["psql", "-XqAt", "-c", statement, "-c", "SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)"],
                            check=True, capture_output=True, input=given).stdout
    end = answer.rstrip().rfind(b"\n") + 1
    server += int(answer[end:]) / 1e9
    return answer[:end]


server = 0
wall, used = time.perf_counter(), cpu()
orders = pandas.read_csv(io.BytesIO(psql(
    f"COPY (SELECT customer, ordered_at::timestamp AS ordered_at, amount FROM {sys.argv[1]}) TO STDOUT CSV HEADER")),
    parse_dates=["ordered_at"])
base = summary_data_from_transaction_data(orders, "customer", "ordered_at", "amount", observation_period_end="2024-12-31")
del orders
repeat = base[(base["frequency"] > 0) & (base["monetary_value"] > 0)]
purchases, spend = BetaGeoFitter(), GammaGammaFitter()
purchases.fit(base["frequency"], base["recency"], base["T"])
spend.fit(repeat["frequency"], repeat["monetary_value"])
base["p_alive"] = purchases.conditional_probability_alive(base["frequency"], base["recency"], base["T"])
base["orders"] = purchases.conditional_expected_number_of_purchases_up_to_time(365, base["frequency"], base["recency"], base["T"])
base["value"] = spend.customer_lifetime_value(purchases, base["frequency"], base["recency"], base["T"], base["monetary_value"],
                                              time=12, freq="D", discount_rate=0.008)
psql("CREATE TABLE clv_bench_lifetimes (customer bigint, p_alive float8, orders float8, value float8)")
psql("COPY clv_bench_lifetimes FROM STDIN CSV", base.reset_index()[["customer", "p_alive", "orders", "value"]].to_csv(header=False, index=False).encode())
print(json.dumps({"runs": [[time.perf_counter() - wall, cpu() - used + server]], "server": server,
                  "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}, separators=(",", ":")))
psql("DROP TABLE clv_bench_lifetimes")
