package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.redis.Redis;
import dev.scaling.locks.Lease.Handle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Where the nodes say that they have handed a lock to this instance: one subscription each. */
final class Inbox implements AutoCloseable {

  private static final byte[] HELLO = "hello".getBytes(UTF_8);

  private final Engine engine;
  private final List<Redis.Subscription> subscriptions = new ArrayList<>();

  @SuppressWarnings("this-escape") // the last statement: a listener finds all else in place
  Inbox(Engine engine) {
    this.engine = engine;
    String channel = engine.keys.channel(engine.instance);
    for (Node node : engine.nodes) {
      subscriptions.add(node.redis.subscribe(channel, new Listener(node, channel)));
    }
  }

  @Override
  public void close() {
    subscriptions.forEach(Redis.Subscription::close);
  }

  /** The messages of one node. */
  private final class Listener implements Redis.Listener {

    private final Node node;
    private final String channel;

    Listener(Node node, String channel) {
      this.node = node;
      this.channel = channel;
    }

    @Override
    public void onMessage(byte[] message) {
      String[] parts = new String(message, UTF_8).split(" ", 4);
      if (parts.length < 4) {
        return; // the hello below, or anything: anybody may publish
      }
      if (!Handle.ATTEMPT.matcher(parts[0]).matches()) {
        engine.counters.oddMessages.increment();
        return;
      }
      try {
        onHandedOn(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]), parts[3]);
      } catch (NumberFormatException e) {
        engine.counters.oddMessages.increment();
      }
    }

    /** Messages from before are lost: those who wait ask again. */
    @Override
    public void onSubscribed() {
      node.listens = false;
      node.redis
          .publish(channel, HELLO, engine.nodeTimeout)
          .whenComplete((heard, failure) ->
              // None, though it listens: it does so at another server, and the scripts cannot tell.
              node.listens = failure == null && heard > 0);
      engine
          .bids
          .values()
          .forEach(bid ->
              engine.time.schedule(bid::askAgain, Duration.ofNanos(engine.jittered(50_000_000))));
    }

    private void onHandedOn(String attempt, long counter, long serverMicros, String key) {
      String lock = engine.keys.name(key);
      boolean isOurs = attempt.startsWith(engine.instance + ":");
      if (lock == null || !isOurs || counter <= 0 || serverMicros <= 0) {
        return;
      }
      var bid = engine.bids.get(attempt);
      if (bid != null) {
        bid.onHandedOn(node, counter, serverMicros);
      } else if (!engine.isHeld(attempt)) {
        engine.releases.release(
            node, lock, attempt, /* waited= */ true, /* mayBeOnTheWay= */ false);
      }
    }
  }
}
