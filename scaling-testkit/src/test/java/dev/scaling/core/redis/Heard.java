package dev.scaling.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A listener that keeps what it hears. */
final class Heard implements Redis.Listener {

  final List<String> messages = new CopyOnWriteArrayList<>();
  final AtomicInteger subscribed = new AtomicInteger();

  @Override
  public void onMessage(byte[] message) {
    messages.add(new String(message, UTF_8));
  }

  @Override
  public void onSubscribed() {
    subscribed.incrementAndGet();
  }
}
