package dev.scaling.cache.protocol;

/**
 * One process of the fleet: its local tier, and the invalidation messages on their way to it.
 *
 * @param local the version held by the local tier, or {@link #NOTHING}
 * @param epoch how many messages have arrived
 * @param pending how many messages are sent but have not arrived
 */
record Node(int local, int epoch, int pending) {

  static final int NOTHING = -1;

  Node fill(int version) {
    return new Node(version, epoch, pending);
  }

  Node send() {
    return new Node(local, epoch, pending + 1);
  }

  Node deliver() {
    return new Node(NOTHING, epoch + 1, pending - 1);
  }

  Node lose() {
    return new Node(local, epoch, pending - 1);
  }
}
