# The course in JupyterLab: docker build -t albert-lab . && docker run --rm -p 8888:8888 albert-lab
FROM python:3.12-slim
# Debian keeps one version of each package, and it changes.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home learner
COPY --chown=learner . /home/learner/course
WORKDIR /home/learner/course
USER learner
RUN make setup PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
EXPOSE 8888
CMD [".venv/bin/jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--notebook-dir=chapters"]
