package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.redis.Redis;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Hears what the instances tell each other: that keys were invalidated, or that a load has ended.
 */
final class Backplane<K, V> implements Redis.Listener {

  /*
   * A message is a kind, and then for each key the length of its text in four bytes, big-endian, and
   * the text. Kinds: 'I' invalidated; 'W' wake, a load has ended; 'N' so it has, and there is nothing
   * that could be stored. Nothing in it is believed beyond "look again": the
   * worst that a forged one does is a miss. One that cannot be read may have been an invalidation, of
   * a later version perhaps, so everything is dropped.
   *
   * Messages of the time without a connection are gone, and with them the knowledge of what is old:
   * when the subscription stands again everything is dropped.
   */

  private final CacheParts<K, V> parts;

  Backplane(CacheParts<K, V> parts) {
    this.parts = parts;
  }

  @Override
  public void onMessage(byte[] message) {
    try {
      var rest = ByteBuffer.wrap(message);
      byte kind = rest.get();
      if (kind != 'I' && kind != 'W' && kind != 'N') {
        throw new IllegalArgumentException("unknown kind of message");
      }
      while (rest.hasRemaining()) {
        hear(kind, text(rest));
      }
    } catch (Throwable e) { // the application's codec of keys may fail with an error too
      parts.log().warn("a message could not be read, the local tier is dropped", e);
      parts.forgetAll();
      parts.waiters().wakeAll();
    }
  }

  @Override
  public void onSubscribed() {
    parts.forgetAll();
    var local = parts.local();
    if (local != null) {
      local.open();
    }
    parts.waiters().wakeAll();
  }

  private void hear(byte kind, String text) {
    if (kind == 'I') {
      parts.counters().invalidationsReceived.increment();
      parts.forget(parts.naming().key(text));
    }
    parts.waiters().wake(text, /* inVain= */ kind == 'N');
  }

  private static String text(ByteBuffer rest) {
    int length = rest.getInt();
    if (length < 0 || length > rest.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] text = new byte[length];
    rest.get(text);
    return new String(text, UTF_8);
  }
}
