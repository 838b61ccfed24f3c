#!/usr/bin/env python3
"""Trains small models with the real XGBoost and stores what it predicts, for tests/unit/xai/import.c.

    python3 -m venv VENV && VENV/bin/pip install xgboost==3.2.0 pandas
    VENV/bin/python tests/golden/make_xgboost.py      # writes tests/golden/xgboost/

Each case is NAME.json and NAME.ubj (the model) and NAME.margins (one float32 margin a row of rows.csv, as XGBoost gives it). The
rows hold every threshold of every model and its two fixed-point neighbours, blanks, and every category.
"""
import json
import pathlib

import numpy
import pandas
import xgboost

FOLDER = pathlib.Path(__file__).parent / "xgboost"
AIRLINES = ["SpiceJet", "AirAsia", "Vistara", "GO_FIRST", "Indigo", "Air_India"]
CITIES = [f"C{i:02d}" for i in range(40)]
FEATURES = [
    {"name": "days_left", "unit": "day", "scale": 1, "min": 0, "max": 365},
    {"name": "duration", "unit": "hour", "scale": 100, "min": 0, "max": 60, "missing": True},
    {"name": "airline", "categories": AIRLINES},
    {"name": "city", "categories": CITIES, "missing": True},
    {"name": "balance", "scale": 1000, "min": -5, "max": 5, "missing": True},
]
random = numpy.random.default_rng(20261123)


def frame(n):
    duration = random.integers(0, 6001, n) / 100
    balance = random.integers(-5000, 5001, n) / 1000
    duration[random.random(n) < 0.15] = numpy.nan
    balance[random.random(n) < 0.3] = numpy.nan
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
    level += numpy.where(rows.balance.isna(), 0.3, rows.balance * rows.balance * 0.02)
    return level + random.normal(0, 0.05, len(rows))


def train(name, parameters, rows, values, rounds):
    data = xgboost.DMatrix(rows, values, enable_categorical=True)
    booster = xgboost.train({"nthread": 1, "seed": 1, **parameters}, data, rounds)
    booster.save_model(FOLDER / f"{name}.json")
    booster.save_model(FOLDER / f"{name}.ubj")
    return booster


def thresholds(booster):
    found = {}
    booster = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
    for tree in booster.get("gbtree", booster)["model"]["trees"]:  # DART keeps them one step down
        for left, feature, condition, kind in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"],
                                                  tree["split_type"]):
            if left >= 0 and kind == 0:
                found.setdefault(feature, set()).add(condition)
    return found


def edge_rows(boosters):
    """A row for each threshold's neighbours on the grid of the feature, the others random."""
    points = []
    for booster in boosters:
        for feature, values in thresholds(booster).items():
            declared = FEATURES[feature]
            if "scale" not in declared:
                continue  # every category is among the rows anyway
            for value in values:
                at = round(value * declared["scale"])
                for near in (at - 1, at, at + 1):
                    if declared["min"] * declared["scale"] <= near <= declared["max"] * declared["scale"]:
                        points.append((declared["name"], near / declared["scale"]))
    points = sorted(set(points))
    rows = frame(len(points))
    for i, (name, value) in enumerate(points):
        rows.loc[i, name] = value
    return rows


def main():
    FOLDER.mkdir(exist_ok=True)
    rows = frame(3000)
    values = target(rows)
    boosters = {
        "squarederror": train("squarederror", {"max_depth": 5}, rows, values, 12),
        "onehot": train("onehot", {"max_depth": 4, "max_cat_to_onehot": 64, "base_score": 8.5}, rows, values, 8),
        "sets": train("sets", {"max_depth": 4, "max_cat_to_onehot": 1, "tree_method": "hist", "max_bin": 16}, rows, values, 8),
        "leafwise": train("leafwise", {"max_depth": 0, "max_leaves": 24, "grow_policy": "lossguide"}, rows, values, 6),
        "gamma": train("gamma", {"objective": "reg:gamma", "max_depth": 4}, rows, numpy.exp(values), 10),
        "tweedie": train("tweedie", {"objective": "reg:tweedie", "max_depth": 3}, rows, numpy.exp(values / 4), 6),
        "poisson": train("poisson", {"objective": "count:poisson", "max_depth": 3}, rows, numpy.floor(numpy.exp(values / 4)), 6),
        "dart": train("dart", {"booster": "dart", "rate_drop": 0.3, "max_depth": 4}, rows, values, 10),
        "pruned": train("pruned", {"max_depth": 5, "gamma": 2.0, "tree_method": "exact"},
                        rows[["days_left", "duration", "balance"]].assign(
                            airline=rows.airline.cat.codes.astype(float), city=rows.city.cat.codes.astype(float))[
                                ["days_left", "duration", "airline", "city", "balance"]], values, 6),
    }
    # "pruned" sees plain codes, blanks of city among them as -1, which the declared city cannot hold: its blanks are left out.
    test = pandas.concat([edge_rows(boosters.values()).sample(frac=1, random_state=2)[:1500], frame(300)], ignore_index=True)
    test["airline"] = pandas.Categorical(test.airline, categories=AIRLINES)
    test["city"] = pandas.Categorical(test.city, categories=CITIES)
    test.to_csv(FOLDER / "rows.csv", index=False)
    (FOLDER / "features.json").write_text(json.dumps(
        {"output": {"unit": "INR", "minor_digits": 2, "link": "log"}, "features": FEATURES}, indent=1) + "\n")
    for name, booster in boosters.items():
        seen = test
        if name == "pruned":
            codes = test.city.cat.codes.astype(float)
            seen = test.assign(airline=test.airline.cat.codes.astype(float), city=codes.where(codes >= 0))
        margins = booster.predict(xgboost.DMatrix(seen, enable_categorical=True), output_margin=True)
        (FOLDER / f"{name}.margins").write_text("".join(f"{float(m)!r}\n" for m in margins))


main()
