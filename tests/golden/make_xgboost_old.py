#!/usr/bin/env python3
"""The dialects of older XGBoosts: one small model of the version that is installed, and what it predicts for the rows that
make_xgboost.py chose, for tests/unit/xai/import.c.

    python3 -m venv VENV && VENV/bin/pip install xgboost==1.7.6 'numpy<2' pandas     # and again with 2.1.4 and 3.0.5
    VENV/bin/python tests/golden/make_xgboost_old.py    # writes tests/golden/xgboost/v1_7.* (v2_1.*, v3_0.*)

Each has what its version writes in its own way: 1.7 the bare word NaN in splits over categories, a base score without
brackets and a UBJSON of another layout; 2.1 a vector-leaf size of 1; 3.0 categories without names.
"""
import json
import pathlib

import numpy
import pandas
import xgboost

FOLDER = pathlib.Path(__file__).parent / "xgboost"
CASES = {
    "1.7": {"objective": "reg:pseudohubererror", "base_score": 8.5, "max_cat_to_onehot": 8},
    "2.1": {"objective": "reg:tweedie", "max_cat_to_onehot": 8},
    "3.0": {"objective": "reg:gamma", "booster": "dart", "rate_drop": 0.3, "max_cat_to_onehot": 1},
}


def main():
    version = ".".join(xgboost.__version__.split(".")[:2])
    parameters, name = CASES[version], "v" + version.replace(".", "_")
    rows = pandas.read_csv(FOLDER / "rows.csv")
    for feature in json.loads((FOLDER / "features.json").read_text())["features"]:
        if "categories" in feature:
            rows[feature["name"]] = pandas.Categorical(rows[feature["name"]], categories=feature["categories"])
    level = 8 + 0.9 * numpy.exp(-rows.days_left / 12) + 0.02 * rows.duration.fillna(35) + rows.airline.cat.codes * 0.05
    level += numpy.sin(rows.city.cat.codes) * 0.2 + numpy.where(rows.balance.isna(), 0.3, rows.balance * rows.balance * 0.02)
    values = level if version == "1.7" else numpy.exp(level / 4)
    data = xgboost.DMatrix(rows, values, enable_categorical=True)
    booster = xgboost.train({"nthread": 1, "seed": 1, "max_depth": 4, "tree_method": "hist", **parameters}, data, 6)
    for kind in ("json", "ubj"):
        booster.save_model(FOLDER / f"{name}.{kind}")
    margins = booster.predict(data, output_margin=True)
    (FOLDER / f"{name}.margins").write_text("".join(f"{float(m)!r}\n" for m in margins))


main()
