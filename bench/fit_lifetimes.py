"""A fit by lifetimes, for measure.pl; prints what it wants to know, as JSON:

   fit_lifetimes.py FAMILY SQL     seconds of wall and CPU, MB, log-likelihood per customer by clv: lifetimes scales its own

The query gives frequency, t_x, age and spend; reading it is not measured, importing neither.
"""
import io
import json
import resource
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")
import pandas
from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter

family, sql = sys.argv[1:3]


def ask(statement):
    return subprocess.run(["psql", "-XqAtc", statement], check=True, capture_output=True).stdout


customers = pandas.read_csv(io.BytesIO(ask(f"COPY ({sql}) TO STDOUT CSV HEADER")))


def fit():
    if family == "gamma-gamma":
        repeat = customers[(customers["frequency"] > 0) & (customers["spend"] > 0)]
        fitter = GammaGammaFitter()
        fitter.fit(repeat["frequency"], repeat["spend"])
    else:
        fitter = {"bg/nbd": BetaGeoFitter, "pareto/nbd": ParetoNBDFitter}[family]()
        fitter.fit(customers["frequency"], customers["t_x"], customers["age"])
    return fitter


wall, cpu = time.perf_counter(), time.process_time()
fitter = fit()
run = [time.perf_counter() - wall, time.process_time() - cpu]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
if family == "gamma-gamma":
    answer = "%.4f" % -fitter._negative_log_likelihood_
else:
    parameters = ", ".join(f"{name}={value}" for name, value in fitter.params_.items())
    likelihood = f"clv.log_likelihood('{family}({parameters})'::clv.model, frequency, t_x, age)"
    answer = ask(f"SELECT round(avg({likelihood})::numeric, 4) FROM ({sql}) s").decode().strip()
print(json.dumps({"runs": [run], "peak": peak, "answer": answer}, separators=(",", ":")))
