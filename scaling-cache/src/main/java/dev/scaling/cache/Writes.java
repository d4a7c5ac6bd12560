package dev.scaling.cache;

import dev.scaling.cache.RemoteTier.Fill;
import dev.scaling.cache.RemoteTier.Reply;
import dev.scaling.cache.TieredCacheBuilder.WhenRedisFails;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Invalidates, stores, and updates the source behind a fence. */
final class Writes<K, V> {

  /*
   * An update is fence, write, unfence (protocol K4 of docs/cache.md). While a key is fenced its cell
   * holds no value and takes none, and readers load without storing: so the old value cannot come
   * back between the write and its invalidation, and a writer that dies anywhere leaves a fence that
   * ends by itself, with nothing behind it.
   *
   * That holds as long as the fence stands until the write is over. It is renewed, and its end is
   * counted from before the renewal was sent, so this side never believes in it longer than Redis.
   * Redis may lose a fence all the same, emptied or failed over: only the answer of the last step tells.
   * So an end without an answer is a failure, although in most cases the fence still stands, with
   * nothing behind it, and ends by itself.
   *
   * A put takes the cell's lease from whoever has it, and then fills it as a load does. In one step it
   * would be a write that may arrive late, after an answer that never came, on top of a newer one.
   * So every script here does no harm when it runs late or not at all.
   *
   * Every step drops what this process keeps after Redis has answered, not before: a flight that read
   * the old cell in between is caught by the epoch.
   */

  private final CacheParts<K, V> parts;
  private final Duration fence;
  private final WhenRedisFails whenRedisFails;
  private final UniqueIds ids = new UniqueIds();

  Writes(CacheParts<K, V> parts, Duration fence, WhenRedisFails whenRedisFails) {
    this.parts = parts;
    this.fence = fence;
    this.whenRedisFails = whenRedisFails;
  }

  CompletableFuture<@Nullable Void> invalidate(Collection<? extends K> keys) {
    if (keys.isEmpty()) {
      return nothingToDo();
    }
    var distinct = List.<K>copyOf(new LinkedHashSet<K>(keys));
    var texts = distinct.stream().map(parts.naming()::text).toList();
    var cells = texts.stream().map(parts.naming()::cell).toList();
    var done = new CompletableFuture<@Nullable Void>();
    parts.remote().invalidate(cells, texts).whenComplete((replies, never) -> {
      distinct.forEach(parts::forget);
      var failures = replies.stream().map(Reply::failure).filter(f -> f != null).toList();
      int failed = failures.size();
      parts.counters().invalidationsSent.add(distinct.size() - failed);
      if (failed == 0) {
        done.complete(null);
        return;
      }
      String what = failed + " of " + distinct.size() + " invalidations were not delivered";
      done.completeExceptionally(undelivered(failed, what + mayBeStale(), false, failures.get(0)));
    });
    return done;
  }

  CompletableFuture<@Nullable Void> put(K key, V value) {
    String text = parts.naming().text(key);
    String cell = parts.naming().cell(text);
    byte[] content;
    try {
      content = parts.envelope().write(cell, value);
    } catch (RuntimeException e) {
      return invalidate(List.of(key)) // what is there is not what the caller wants either
          .thenCompose(done -> CompletableFuture.failedFuture(new IllegalArgumentException(
              parts.name() + ": value cannot be stored: " + e.getMessage(), e)));
    }
    byte[] token = ids.next();
    var claimed = new CompletableFuture<Boolean>();
    parts.remote().claim(cell, text, token, parts.lease()).whenComplete((mine, failure) -> {
      parts.forget(key);
      if (failure == null) {
        parts.counters().invalidationsSent.increment();
        claimed.complete(mine == 1);
      } else {
        giveBack(cell, text, token); // it may have been taken all the same, and readers would wait
        claimed.completeExceptionally(
            undelivered(1, "the value was not stored" + mayBeStale(), false, failure));
      }
    });
    long ttlMillis = parts.expiration().remoteMillis(/* negative= */ false);
    var fill = List.of(new Fill(cell, text, token, content, ttlMillis));
    return claimed.thenCompose(mine -> mine ? stored(fill) : nothingToDo());
  }

  /**
   * Fills a claimed cell. What was there is gone by now, so to fail here is only to store nothing.
   */
  private CompletableFuture<@Nullable Void> stored(List<Fill> fill) {
    return parts.remote().fill(fill).<@Nullable Void>thenApply(replies -> {
      if (replies.get(0).state() != 1) {
        parts.counters().notStored.increment();
      }
      return null;
    });
  }

  /** Gives a lease back. Nobody waits for the reply. */
  private void giveBack(String cell, String text, byte[] token) {
    parts.remote().fill(List.of(new Fill(cell, text, token, new byte[0], /* ttlMillis= */ 0)));
  }

  private static CompletableFuture<@Nullable Void> nothingToDo() {
    return CompletableFuture.completedFuture(null);
  }

  /** Puts up a fence; fails if there must be one and Redis does not say that it stands. */
  CompletableFuture<Fence> begin(K key) {
    String text = parts.naming().text(key);
    var mine = new Fence(key, text, parts.naming().cell(text), ids.next());
    var begun = new CompletableFuture<Fence>();
    long sentNanos = parts.time().nanoTime();
    parts.remote().fence(mine.cell, text, mine.id, fence).whenComplete((stands, failure) -> {
      parts.forget(key);
      String refusal = failure == null ? refusal(stands, sentNanos) : "";
      if (refusal == null) {
        mine.keepFrom(sentNanos);
        begun.complete(mine);
      } else if (whenRedisFails == WhenRedisFails.WRITE_UNFENCED) {
        parts.counters().redisFailures.increment();
        begun.complete(mine);
      } else {
        parts.remote().unfence(mine.cell, text, mine.id); // it may stand all the same
        begun.completeExceptionally(
            undelivered(1, "update refused before its write" + refusal, false, failure));
      }
    });
    return begun;
  }

  /**
   * Returns why no write may begin although Redis has answered, or null. A third of the fence must
   * be left: it is as long as the first renewal needs, were it sent at once.
   */
  private @Nullable String refusal(long stands, long sentNanos) {
    if (stands != 1) {
      return ": too many others are inside";
    }
    long latestNanos = fence.toNanos() / 3 * 2;
    return parts.time().nanoTime() - sentNanos > latestNanos
        ? ": two thirds of its fence were over when Redis said that it stands"
        : null;
  }

  /**
   * Lifts the fence after the write.
   *
   * @return whether it is known to have stood until now
   */
  CompletableFuture<Boolean> end(Fence mine) {
    boolean kept = mine.stopKeeping();
    var ended = new CompletableFuture<Boolean>();
    parts.remote().unfence(mine.cell, mine.text, mine.id).whenComplete((stood, failure) -> {
      parts.forget(mine.key);
      if (failure == null) {
        parts.counters().invalidationsSent.increment();
        boolean fenced = kept && stood == 1;
        if (!fenced) {
          parts.counters().fencesLost.increment();
        }
        ended.complete(fenced);
      } else {
        if (!kept) {
          parts.counters().fencesLost.increment();
        }
        String what = "the write has run, its invalidation was not confirmed";
        ended.completeExceptionally(undelivered(1, what + mayBeStale(), true, failure));
      }
    });
    return ended;
  }

  private String mayBeStale() {
    return "; an old value may be served for up to " + parts.expiration().longest();
  }

  private InvalidationFailedException undelivered(
      int keys, String what, boolean sourceWritten, @Nullable Throwable failure) {
    parts.counters().invalidationsFailed.add(keys);
    parts.counters().redisFailures.increment();
    String reason = failure == null ? "" : ": " + failure.getMessage();
    return new InvalidationFailedException(parts.name(), what + reason, sourceWritten, failure);
  }

  /** A writer's fence, and what this side knows of it. */
  final class Fence {

    private final K key;
    private final String text;
    private final String cell;
    private final byte[] id;
    private volatile @Nullable Renewal renewal;
    private volatile long endNanos;
    private volatile boolean lost = true;

    private Fence(K key, String text, String cell, byte[] id) {
      this.key = key;
      this.text = text;
      this.cell = cell;
      this.id = id;
    }

    private void keepFrom(long sentNanos) {
      endNanos = sentNanos + fence.toNanos();
      lost = false;
      renewal = Renewal.start(parts.time(), fence, this::renew);
    }

    private void renew() {
      long sentNanos = parts.time().nanoTime();
      parts.remote().renewFence(cell, text, id, fence).whenComplete((stands, failure) -> {
        if (failure != null) {
          parts.counters().redisFailures.increment();
          if (failure instanceof RedisCallException call && call.failure() == Failure.CLOSED) {
            stopRenewing(); // for good; a write that never ends would renew for ever
          }
        } else if (stands == 0) {
          lost = true;
        } else {
          endNanos = sentNanos + fence.toNanos();
        }
      });
    }

    private void stopRenewing() {
      var kept = renewal;
      if (kept != null) {
        kept.stop();
      }
    }

    /** Stops renewing, and returns whether the fence has stood without a gap until now. */
    private boolean stopKeeping() {
      stopRenewing();
      return !lost && parts.time().nanoTime() - endNanos < 0;
    }
  }
}
