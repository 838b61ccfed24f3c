#!/usr/bin/env python3
"""Trains small models with the real LightGBM and stores what it predicts, for tests/unit/xai/import.c.

    python3 -m venv VENV && VENV/bin/pip install lightgbm==4.7.0 pandas
    VENV/bin/python tests/golden/make_lightgbm.py     # writes tests/golden/lightgbm/

Each case is NAME.txt (the model) and NAME.margins (one double a row of rows.csv: the raw score, the mean for a forest).
"""
import json
import pathlib

import lightgbm
import numpy
import pandas

FOLDER = pathlib.Path(__file__).parent / "lightgbm"
AIRLINES = ["SpiceJet", "AirAsia", "Vistara", "GO_FIRST", "Indigo", "Air_India"]
CITIES = [f"C{i:02d}" for i in range(40)]
FEATURES = [
    {"name": "days_left", "unit": "day", "scale": 1, "min": 0, "max": 365},
    {"name": "duration", "unit": "hour", "scale": 100, "min": 0, "max": 60, "missing": True},
    {"name": "airline", "categories": AIRLINES},
    {"name": "city", "categories": CITIES, "missing": True},
    {"name": "balance", "scale": 1000, "min": -5, "max": 5, "missing": True},
]
random = numpy.random.default_rng(20261124)


def frame(n):
    duration = random.integers(0, 6001, n) / 100
    balance = random.integers(-5000, 5001, n) / 1000
    duration[random.random(n) < 0.15] = numpy.nan
    duration[random.random(n) < 0.1] = 0
    balance[random.random(n) < 0.2] = numpy.nan
    balance[random.random(n) < 0.2] = 0
    city = pandas.Categorical.from_codes(random.integers(-1, len(CITIES), n), categories=CITIES)
    return pandas.DataFrame({
        "days_left": random.integers(0, 366, n).astype(float),
        "duration": duration,
        "airline": pandas.Categorical.from_codes(random.integers(0, len(AIRLINES), n), categories=AIRLINES),
        "city": city,
        "balance": balance,
    })


def target(rows):
    level = 8 + 0.9 * numpy.exp(-rows.days_left / 12) + 0.02 * rows.duration.fillna(35)
    level += rows.airline.cat.codes * 0.05 + numpy.sin(rows.city.cat.codes) * 0.2
    level += numpy.where(rows.balance.isna(), 0.3, rows.balance * 0.1) + numpy.where(rows.balance == 0, 0.8, 0)
    return level + random.normal(0, 0.05, len(rows))


def edge_rows(texts):
    """Every threshold of every numeric split, and its neighbours on the feature's grid."""
    points = set()
    for text in texts:
        for block in text.split("Tree=")[1:]:
            lines = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            if not lines["split_feature"]:
                continue
            for feature, threshold, kind in zip(lines["split_feature"].split(), lines["threshold"].split(), lines["decision_type"].split()):
                declared = FEATURES[int(feature)]
                if int(kind) & 1 or "scale" not in declared or not abs(float(threshold)) < 1e6:
                    continue
                at = round(float(threshold) * declared["scale"])
                for near in (at - 1, at, at + 1):
                    if declared["min"] * declared["scale"] <= near <= declared["max"] * declared["scale"]:
                        points.add((declared["name"], near / declared["scale"]))
    points = sorted(points)
    rows = frame(len(points))
    for i, (name, value) in enumerate(points):
        rows.loc[i, name] = value
    return rows


def main():
    FOLDER.mkdir(exist_ok=True)
    rows = frame(3000)
    values = target(rows)
    common = {"verbosity": -1, "num_threads": 1, "seed": 1, "deterministic": True, "num_leaves": 15, "max_bin": 63}
    cases = {
        "plain": ({"objective": "regression"}, 8),
        "zero": ({"objective": "regression", "zero_as_missing": True}, 8),
        "nomissing": ({"objective": "regression", "use_missing": False}, 6),
        "forest": ({"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, 6),
        "poisson": ({"objective": "poisson"}, 6),
        "dart": ({"objective": "regression", "boosting": "dart", "drop_rate": 0.4}, 8),
        "constant": ({"objective": "regression", "min_data_in_leaf": 100000}, 2),
    }
    boosters = {}
    for name, (parameters, rounds) in cases.items():
        data = lightgbm.Dataset(rows, numpy.exp(values / 4) if name == "poisson" else values)
        boosters[name] = lightgbm.train({**common, **parameters}, data, rounds)
        boosters[name].save_model(FOLDER / f"{name}.txt")
    test = pandas.concat([edge_rows([b.model_to_string() for b in boosters.values()]), frame(400)], ignore_index=True)
    test["airline"] = pandas.Categorical(test.airline, categories=AIRLINES)
    test["city"] = pandas.Categorical(test.city, categories=CITIES)
    test.to_csv(FOLDER / "rows.csv", index=False)
    (FOLDER / "features.json").write_text(json.dumps(
        {"output": {"unit": "INR", "minor_digits": 2, "link": "log"}, "features": FEATURES}, indent=1) + "\n")
    for name, booster in boosters.items():
        margins = booster.predict(test, raw_score=name != "forest")
        (FOLDER / f"{name}.margins").write_text("".join(f"{float(m)!r}\n" for m in margins))


main()
