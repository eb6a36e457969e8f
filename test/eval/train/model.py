"""The learner: a small ensemble of trees, monotone where the meaning of a feature says so."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier


def fit(X, y, weight, monotone, seed=0, trees=300, leaves=15, rate=0.06, leaf=40, l2=5.0):
    model = HistGradientBoostingClassifier(
        max_iter=trees, learning_rate=rate, max_leaf_nodes=leaves, min_samples_leaf=leaf, l2_regularization=l2,
        max_bins=64, monotonic_cst=monotone, early_stopping=False, random_state=seed,
    )
    return model.fit(X, y, sample_weight=weight)


def score(model, X) -> np.ndarray:
    return model.decision_function(X)


def platt(z, y, weight) -> tuple[float, float]:
    """Slope and intercept of the logistic curve from score to probability (Platt, 1999). Newton's method."""
    a, b = 1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-(a * z + b)))
        g = np.array([np.sum(weight * (p - y) * z), np.sum(weight * (p - y))])
        w = weight * p * (1 - p) + 1e-12
        h = np.array([[np.sum(w * z * z), np.sum(w * z)], [np.sum(w * z), np.sum(w)]])
        step = np.linalg.solve(h + 1e-9 * np.eye(2), g)
        a, b = a - step[0], b - step[1]
    return float(a), float(b)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def digits(x: float, n: int) -> float:
    value = float(f"{x:.{n}g}")
    return int(value) if value == int(value) else value


def flatten(model) -> dict:
    """The trees as lists of feature, threshold, left, right, value, node after node; an inner node's value is the mean of its leaves."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        value = [float(n["value"]) for n in nodes]
        for i in reversed(range(len(nodes))):
            if not nodes[i]["is_leaf"]:
                left, right = int(nodes[i]["left"]), int(nodes[i]["right"])
                counts = int(nodes[left]["count"]), int(nodes[right]["count"])
                value[i] = (value[left] * counts[0] + value[right] * counts[1]) / sum(counts)
        flat: list[float] = []
        for node, v in zip(nodes, value):
            if node["is_leaf"]:
                flat += [-1, 0, 0, 0, digits(v, 5)]
            else:
                flat += [int(node["feature_idx"]), digits(node["num_threshold"], 7), int(node["left"]), int(node["right"]), digits(v, 4)]
        trees.append(flat)
    return {"baseline": digits(float(model._baseline_prediction.ravel()[0]), 8), "trees": trees}
