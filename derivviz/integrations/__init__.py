"""Hooks into what people train with, each a few lines over :func:`derivviz.record`, and old runs read in.

=============================================  ==============================================
:mod:`derivviz.integrations.lightning`         a Lightning ``Callback``
:mod:`derivviz.integrations.huggingface`       a Hugging Face ``TrainerCallback``
:mod:`derivviz.integrations.ignite`            a handler of an Ignite ``Engine``
:mod:`derivviz.integrations.tensorboard`       event files of TensorBoard, as a trace
=============================================  ==============================================

Each needs its library, which is an extra of derivviz: ``pip install "derivviz[lightning]"``. The three hooks
follow the host: its metrics are logged into the trace under its names, its GradScaler is handed on, and its
checkpoints and pickles are as without them.
"""
