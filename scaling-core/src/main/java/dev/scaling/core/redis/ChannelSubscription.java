package dev.scaling.core.redis;

import java.lang.System.Logger.Level;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.api.listener.StatusListener;
import org.redisson.client.codec.ByteArrayCodec;

/**
 * A subscription that is made in the background, and tried again until it stands. From then on
 * Redisson makes it again after each lost connection.
 */
final class ChannelSubscription implements Redis.Subscription {

  private static final System.Logger LOGGER = System.getLogger(Redis.class.getName());

  private final Supplier<@Nullable RedissonClient> client;
  private final String channel;
  private final Redis.Listener listener;
  private final Retries retries;
  private final CopyOnWriteArrayList<Runnable> removals = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  ChannelSubscription(
      Supplier<@Nullable RedissonClient> client,
      String channel,
      Redis.Listener listener,
      Retries retries) {
    this.client = client;
    this.channel = channel;
    this.listener = listener;
    this.retries = retries;
  }

  void start() {
    start(0);
  }

  private void start(int failuresBefore) {
    if (closed) {
      return;
    }
    var open = client.get();
    if (open == null) { // not a failure: nothing was tried, and later every pause is a loss
      retries.schedule(this::start, 0);
      return;
    }
    RTopic topic = open.getTopic(channel, ByteArrayCodec.INSTANCE);
    topic
        .addListenerAsync(byte[].class, (name, message) -> hear(() -> listener.onMessage(message)))
        .thenCompose(id -> {
          added(topic, id);
          return topic.addListenerAsync(new Status());
        })
        .whenComplete((id, failure) -> {
          if (id != null) {
            added(topic, id);
            hear(listener::onSubscribed); // Redisson tells only of the later times
          } else {
            removeAll();
            retries.schedule(() -> start(failuresBefore + 1), failuresBefore);
          }
        });
  }

  @Override
  public void close() {
    closed = true;
    removeAll();
  }

  private void added(RTopic topic, Integer id) {
    removals.add(() -> topic.removeListenerAsync(id));
    if (closed) {
      removeAll();
    }
  }

  private void removeAll() {
    for (Runnable removal : removals) {
      if (removals.remove(removal)) {
        removal.run();
      }
    }
  }

  private void hear(Runnable event) {
    if (closed) {
      return;
    }
    try {
      event.run();
    } catch (RuntimeException e) {
      LOGGER.log(Level.WARNING, "a listener of a channel failed", e);
    }
  }

  /** Hears that the channel is subscribed, the first time and after each reconnection. */
  private final class Status implements StatusListener {

    @Override
    public void onSubscribe(String name) {
      hear(listener::onSubscribed);
    }

    @Override
    public void onUnsubscribe(String name) {}
  }
}
