package dev.scaling.cache.protocol;

/**
 * The system of record. Values are the numbers of their commits, so that older means smaller.
 *
 * @param committed the number of the last commit, 0 at first
 * @param replica what a lagging replica shows; without lag always equal to {@code committed}
 */
record Source(int committed, int replica) {

  Source commit(boolean replicaLags) {
    return new Source(committed + 1, replicaLags ? replica : committed + 1);
  }

  Source caughtUp() {
    return new Source(committed, committed);
  }

  boolean isLagging() {
    return replica != committed;
  }
}
