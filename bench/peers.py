#!/usr/bin/env python3
"""Explains real fares with Quorate, XGBoost and LightGBM on this machine, one thread each, and prints a table.

    bench/peers.py FARES.csv [QUORATE]       # FARES.csv: columns as in data/README.md (may be .gz); QUORATE: build/quorate

Makes an environment of its own beside the build (build/peers) with the versions named below. Quorate's figures are of whole
processes: start, reading the CSV, building tables, explaining every row, summing up. The peers' are of the call alone.
"""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

PACKAGES = ["xgboost==3.2.0", "lightgbm==4.7.0", "pandas"]
TOP = pathlib.Path(__file__).resolve().parent.parent
FOLDER = TOP / "build" / "peers"


def enter_environment():
    python = FOLDER / "bin" / "python"
    if pathlib.Path(sys.prefix) == FOLDER:
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    os.execv(python, [python, *sys.argv])


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def load(path):
    import pandas
    data = pandas.read_csv(path)
    columns = ["airline", "source_city", "departure_time", "stops", "arrival_time", "destination_city", "class", "duration", "days_left"]
    frame, features = data[columns].copy(), []
    for name in columns:
        if name == "duration":
            features.append({"name": name, "unit": "hour", "scale": 100, "min": 0, "max": 60})
        elif name == "days_left":
            features.append({"name": name, "unit": "day", "scale": 1, "min": 0, "max": 365})
        else:
            categories = sorted(frame[name].unique())
            frame[name] = pandas.Categorical(frame[name], categories=categories)
            features.append({"name": name, "categories": categories})
    frame.sample(256, random_state=1).to_csv(FOLDER / "baseline.csv", index=False)
    (FOLDER / "features.json").write_text(json.dumps(
        {"output": {"unit": "INR", "minor_digits": 2, "link": "log"}, "features": features}))
    return frame, data["price"]


def quorate(command, rows_csv, source, rows):
    model = FOLDER / "model.qrm"
    run = lambda *words: subprocess.run([command, "model", *map(str, words)], check=True, capture_output=True, text=True).stdout
    run("import", source, "--features", FOLDER / "features.json", "-o", model)
    tables = json.loads(run("show", model, "--baseline", FOLDER / "baseline.csv", "--json"))["tables"]
    seconds = min(timed(lambda: run("explain", model, "--rows", rows_csv, "--baseline", FOLDER / "baseline.csv", "--summary",
                                    "--json"))[0] for _ in range(3))
    predicting = min(timed(lambda: run("predict", model, "--rows", rows_csv))[0] for _ in range(3))
    return rows / seconds, rows / predicting, tables


def predict_afresh(xgboost, booster, frame):
    """A matrix is predicted once only: afterwards the booster remembers its margins."""
    data = xgboost.DMatrix(frame, enable_categorical=True, nthread=1)
    return timed(lambda: booster.predict(data))[0]


def xgboost_model(frame, prices, trees, depth):
    import numpy
    import xgboost
    data = xgboost.DMatrix(frame, numpy.log(prices), enable_categorical=True)
    booster = xgboost.train({"max_depth": depth, "eta": 0.1, "nthread": os.cpu_count()}, data, trees)
    path = FOLDER / f"xgboost-{trees}x{depth}.json"
    booster.save_model(path)
    booster.set_param({"nthread": 1})
    sample = frame.sample(8000 if depth <= 6 else 1500, random_state=2)
    part = xgboost.DMatrix(sample, enable_categorical=True, nthread=1)
    one = xgboost.DMatrix(sample.head(1), enable_categorical=True, nthread=1)
    seconds, _ = timed(lambda: booster.predict(part, pred_contribs=True))
    single = min(timed(lambda: booster.predict(one, pred_contribs=True))[0] for _ in range(50))
    predicting = min(predict_afresh(xgboost, booster, frame) for _ in range(3))
    return path, len(sample) / seconds, single, len(frame) / predicting


def lightgbm_model(frame, prices):
    import lightgbm
    import numpy
    booster = lightgbm.train({"num_leaves": 64, "verbosity": -1, "num_threads": os.cpu_count()},
                             lightgbm.Dataset(frame, numpy.log(prices)), 100)
    path = FOLDER / "lightgbm-100x64.txt"
    booster.save_model(path)
    sample = frame.sample(8000, random_state=2)
    seconds, _ = timed(lambda: booster.predict(sample, pred_contrib=True, num_threads=1))
    single = min(timed(lambda: booster.predict(sample.head(1), pred_contrib=True, num_threads=1))[0] for _ in range(20))
    predicting, _ = timed(lambda: booster.predict(frame, num_threads=1))
    return path, len(sample) / seconds, single, len(frame) / predicting


def machine():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    return "unknown processor"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    enter_environment()
    command = sys.argv[2] if len(sys.argv) > 2 else str(TOP / "build" / "quorate")
    rows_csv = FOLDER / "fares.csv"
    opened = gzip.open(sys.argv[1], "rb") if sys.argv[1].endswith(".gz") else open(sys.argv[1], "rb")
    with opened as source, open(rows_csv, "wb") as target:
        shutil.copyfileobj(source, target)
    frame, prices = load(rows_csv)
    print(f"{len(frame)} rows, {len(frame.columns)} features, 256 baseline rows; {machine()}\n")
    print("| model | peer explains, rows/s | one row, us | peer predicts, rows/s | Quorate explains, rows/s | times | Quorate predicts, rows/s "
          "| tables, MiB | built in, ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    cases = [(f"XGBoost {t} x depth {d}", lambda t=t, d=d: xgboost_model(frame, prices, t, d)) for t, d in ((100, 6), (300, 6), (300, 8))]
    cases.append(("LightGBM 100 x 64 leaves", lambda: lightgbm_model(frame, prices)))
    for name, make in cases:
        path, peer, single, peer_predicts = make()
        ours, predicts, tables = quorate(command, rows_csv, path, len(frame))
        print(f"| {name} | {peer:,.0f} | {single * 1e6:,.0f} | {peer_predicts:,.0f} | {ours:,.0f} | {ours / peer:,.0f} | {predicts:,.0f} | "
              f"{tables['bytes'] / 2**20:.1f} | {tables['build_us'] / 1000:.0f} |", flush=True)


main()
