package dev.scaling.core.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/**
 * A narrow, asynchronous port to Redis: reads, scripts, messages and streams, on bytes.
 *
 * <p>What holds for every verb:
 *
 * <ul>
 *   <li><b>At most once.</b> Nothing is sent again after a time-out, whatever the client's own
 *       settings say.
 *   <li><b>In time.</b> The future completes within the timeout that the caller gave, and at most a
 *       few milliseconds later. Timeouts are from 1 millisecond to 1 hour.
 *   <li><b>From the master.</b> Reads never go to a replica.
 *   <li><b>Shared pipelines.</b> Calls that are made while others are under way to the same node
 *       travel together; a lone call leaves at once.
 *   <li><b>Failures are told apart.</b> A future fails with a {@link RedisCallException} and
 *       nothing else.
 * </ul>
 *
 * <p>Futures complete on a thread of the client or of the timer: what depends on them must not
 * block, and must hand over to an executor before it runs code of the application.
 *
 * <p>Instances are safe for use by many threads. Calls do not block.
 */
public interface Redis extends AutoCloseable {

  /**
   * Returns a port over a client that the caller owns, with any topology: single, Sentinel,
   * Cluster, replicated. The client's own settings stay as they are, and {@link #close()} leaves it
   * open. A client that connects lazily blocks the first callers while it does.
   */
  static Redis over(RedissonClient client) {
    return builder(client).build();
  }

  /**
   * Returns a port over a client of its own, which {@link #close()} ends. The connection is opened
   * in the background: this method succeeds while Redis is away. Calls wait for the first attempt,
   * as long as their timeouts let them; once it has failed they fail at once, as
   * {@link RedisCallException.Failure#NOT_SENT}, until a later one succeeds. {@link #ready} waits
   * for it.
   *
   * @param address such as {@code redis://127.0.0.1:6379}, {@code rediss://} for TLS; user and
   *     password may stand before an {@code @}, nothing behind the port
   * @throws IllegalArgumentException if the address is not of that form
   */
  static Redis connect(String address) {
    return builder(address).build();
  }

  /** Returns a builder of a port over a client that the caller owns. */
  static RedisBuilder builder(RedissonClient client) {
    return RedisBuilder.over(client);
  }

  /** Returns a builder of a port over a client of its own. */
  static RedisBuilder builder(String address) {
    return RedisBuilder.to(address);
  }

  /** Reads a string, or {@code null} if there is none. One {@code GET}. */
  CompletableFuture<byte @Nullable []> get(String key, Duration timeout);

  /**
   * Reads many strings: one value a key, in the order of the keys, {@code null} where there is
   * none. One {@code MGET}; on a cluster one a slot.
   */
  CompletableFuture<List<byte @Nullable []>> getAll(List<String> keys, Duration timeout);

  /**
   * Runs a script that returns an array, on the master of the first key. One {@code EVALSHA}, and
   * one {@code EVAL} more the first time that a server sees the script.
   *
   * @param keys at least one, and all in one {@link #slotOf slot}
   * @return the array's elements: {@link Long} for an integer, {@code byte[]} for a string,
   *     {@code null} for nil, {@link List} for an array
   */
  CompletableFuture<List<@Nullable Object>> eval(
      LuaScript script, List<String> keys, List<byte[]> args, Duration timeout);

  /** Publishes a message and returns how many subscribers of that node got it. One round trip. */
  CompletableFuture<Long> publish(String channel, byte[] message, Duration timeout);

  /**
   * Appends an entry to a stream and returns its id. One {@code XADD}.
   *
   * @param maximumLength about how many entries to keep, the newest ones; at least 1
   */
  CompletableFuture<String> append(String stream, byte[] body, int maximumLength, Duration timeout);

  /**
   * Reads the entries of a stream that come after an id, oldest first. One {@code XRANGE}.
   *
   * @param afterId the id of the last entry known, or {@code 0-0} for all
   * @param maximumEntries at least 1
   */
  CompletableFuture<List<StreamEntry>> read(
      String stream, String afterId, int maximumEntries, Duration timeout);

  /**
   * Listens to a channel until the subscription is closed, across lost connections. Returns at
   * once; the subscription is made in the background, and tried again until it stands.
   */
  Subscription subscribe(String channel, Listener listener);

  /**
   * Returns the slot of a key: keys with equal slots may stand in one script. Without a cluster all
   * keys have slot 0. No round trip.
   */
  int slotOf(String key);

  /**
   * Waits until Redis answers, in the background: for the start of a service, whose first calls
   * would otherwise have to bear the opening of the connection, or for its readiness probe. One
   * {@code GET}, and another 100 milliseconds after each one that failed. On a cluster it asks one
   * node. An error is an answer too, such as {@code NOPERM}; {@code LOADING} and its like are not.
   *
   * @return a future that fails as the last call did, if Redis has not answered within the timeout,
   *     and at once if it does not know us ({@code NOAUTH}, {@code WRONGPASS})
   */
  CompletableFuture<@Nullable Void> ready(Duration timeout);

  /** Returns how the last calls went. No round trip. */
  Health health();

  /**
   * Ends the subscriptions, fails what is under way, and ends the client if this port opened it.
   * What was not sent fails as {@link RedisCallException.Failure#CLOSED}, what was sent as
   * {@link RedisCallException.Failure#AMBIGUOUS}. Waits for no call. Does nothing the second time.
   */
  @Override
  void close();

  /**
   * An entry of a stream.
   *
   * @param id the server's id, such as {@code 1700000000000-0}
   * @param body what was appended
   */
  @SuppressWarnings("ArrayRecordComponent") // a reply on its way; nobody compares two of them
  record StreamEntry(String id, byte[] body) {}

  /**
   * How the last calls went.
   *
   * @param state whether the last call that ended got an answer; an error answer counts as one
   * @param since for how long it has been so
   */
  record Health(State state, Duration since) {

    /** Whether Redis answers. */
    public enum State {
      /** No call has ended yet. */
      UNKNOWN,
      /** The last call that ended got an answer. */
      UP,
      /** The last call that ended got none. */
      DOWN
    }
  }

  /**
   * Hears what is published on a channel. Its methods run one at a time and in order, on a thread
   * of the client, and must not block.
   */
  interface Listener {

    /** Takes a message. Its bytes may come from anybody who can reach Redis. */
    void onMessage(byte[] message);

    /**
     * Says that the subscription stands: for the first time, or again after a connection was lost.
     * Messages published in between are gone.
     */
    void onSubscribed();
  }

  /** A subscription that lasts until it is closed. */
  interface Subscription extends AutoCloseable {

    /** Ends the subscription, in the background. Does nothing the second time. */
    @Override
    void close();
  }
}
