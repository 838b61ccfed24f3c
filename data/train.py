#!/usr/bin/env python3
"""Trains the two sample models from the fare generator's rows (a development tool; what it makes is committed).

    data/train.py build/faregen

makes an environment with XGBoost in .venv-train, writes first.json, second.json, baseline.csv and reference.csv into
data/, and prints how good the models are. Models learn log fare with squared error; categories are native ones.
Quality is measured on held-out rows of two splits: at random, and by itinerary, so that no itinerary that a
model is asked about was seen in training. The models that are written are trained on all rows.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys

DATA = pathlib.Path(__file__).resolve().parent
VENV = DATA.parent / ".venv-train"
PACKAGES = ["xgboost-cpu==3.2.0", "pandas==3.*", "numpy==2.*"]

ROWS, SEED = 600_000, 20260210
OTHER_SEED = 38  # of the rows that baseline and reference rows are drawn from: never trained on

# The second model improves on the first by more and deeper trees.
FIRST = {"trees": 40, "max_depth": 4, "eta": 0.15}
SECOND = {"trees": 100, "max_depth": 6, "eta": 0.12}
PARAMETERS = {"objective": "reg:squarederror", "tree_method": "hist", "max_cat_to_onehot": 1, "min_child_weight": 50, "lambda": 2,
              "seed": 1, "nthread": 2}
BLANK_DURATIONS = 0.01  # of the rows trained on, so that models know what to do without one
MODEL_FILE_MAX = 2_000_000


def enter_environment():
    """Runs this script again inside .venv-train, made on first use."""
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", *PACKAGES], check=True)
    os.execv(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *sys.argv])


enter_environment()

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import xgboost  # noqa: E402

FEATURES = json.loads((DATA / "features.json").read_text())["features"]
NAMES = [feature["name"] for feature in FEATURES]


def generate(faregen, rows, seed):
    command = [faregen, "--rows", str(rows), "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        return pd.read_csv(process.stdout, dtype={"duration": float})


def encode(rows, blanks=0.0):
    """The features as the models see them, categories by index, with a share of the durations blanked."""
    columns = []
    for feature in FEATURES:
        values = rows[feature["name"]]
        if "categories" in feature:
            values = pd.Categorical(values, categories=feature["categories"]).codes
        columns.append(np.asarray(values, np.float32))
    table = np.column_stack(columns)
    table[np.random.default_rng(6).random(len(rows)) < blanks, NAMES.index("duration")] = np.nan
    types = ["c" if "categories" in feature else "q" for feature in FEATURES]
    return xgboost.DMatrix(table, np.log(rows.price), feature_names=NAMES, feature_types=types, enable_categorical=True)


def train(rows, recipe):
    rounds = recipe["trees"]
    parameters = PARAMETERS | {name: value for name, value in recipe.items() if name != "trees"}
    return xgboost.train(parameters, encode(rows, BLANK_DURATIONS), rounds)


def measure(model, rows):
    fare = np.exp(model.predict(encode(rows)))
    error = fare - rows.price
    r2 = 1 - (error**2).sum() / ((rows.price - rows.price.mean()) ** 2).sum()
    return r2, error.abs().mean(), 100 * (error.abs() / rows.price).mean()


def print_quality(rows):
    print("| model | split | cabin | R2 | MAE INR | MAPE % |\n|---|---|---|---|---|---|")
    draw = np.random.default_rng(5)
    splits = {"random": draw.random(len(rows)) < 0.2,
              "grouped": np.isin(rows.itinerary, draw.permutation(rows.itinerary.unique())[: rows.itinerary.nunique() // 5])}
    for name, recipe in [("first", FIRST), ("second", SECOND)]:
        for split, held in splits.items():
            model = train(rows[~held], recipe)
            for cabin in ["economy", "business"]:
                r2, mae, mape = measure(model, rows[held & (rows.cabin == cabin)])
                print(f"| {name} | {split} | {cabin} | {r2:.3f} | {mae:,.0f} | {mape:.1f} |")


def save(model, name):
    path = DATA / f"{name}.json"
    model.save_model(path)
    if path.stat().st_size > MODEL_FILE_MAX:
        sys.exit(f"{path}: {path.stat().st_size} bytes are too many: take fewer trees")


def write_rows(name, rows, columns):
    rows.to_csv(DATA / f"{name}.csv", columns=columns, index=False, quoting=csv.QUOTE_MINIMAL)


def write_baseline(rows):
    """256 rows drawn at random: who fares are compared to."""
    write_rows("baseline", rows.sample(256, random_state=3), NAMES)


def write_reference(rows):
    """About 500 rows with true fares: every route in every cabin at eight distances from departure."""
    bracket = pd.cut(rows.days_left, [0, 2, 5, 10, 15, 21, 30, 40, 49], labels=False)
    cells = rows.groupby([rows["from"], rows["to"], rows.cabin, bracket])
    write_rows("reference", cells.sample(1, random_state=4), NAMES + ["price"])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = generate(sys.argv[1], ROWS, SEED)
    print_quality(rows)
    for name, recipe in [("first", FIRST), ("second", SECOND)]:
        save(train(rows, recipe), name)
    others = generate(sys.argv[1], ROWS, OTHER_SEED)
    write_baseline(others)
    write_reference(others)


if __name__ == "__main__":
    main()
