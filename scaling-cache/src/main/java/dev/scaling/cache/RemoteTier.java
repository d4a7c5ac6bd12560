package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The tier in Redis: each step of the protocol as one script, on as many cells as it is about. */
final class RemoteTier {

  private static final LuaScript ACQUIRE = fencedScript("acquire");
  private static final LuaScript FILL = script("fill");
  private static final LuaScript RENEW = script("renew");
  private static final LuaScript INVALIDATE = fencedScript("invalidate");
  private static final LuaScript CLAIM = fencedScript("claim");
  private static final LuaScript FENCE = fencedScript("fence");
  private static final LuaScript UNFENCE = fencedScript("unfence");

  /** One script holds up the server for a moment; beyond this many cells it is cut. */
  private static final int MAXIMUM_CELLS = 256;

  private static final byte[] NOTHING = {};
  private static final byte[] YES = {'1'};
  private static final byte[] NO = {'0'};

  private final Redis redis;
  private final Duration timeout;
  private final byte[] channel;

  RemoteTier(Redis redis, Duration timeout, String channel) {
    this.redis = redis;
    this.timeout = timeout;
    this.channel = channel.getBytes(UTF_8);
  }

  /** Returns how long one call may take. */
  Duration timeout() {
    return timeout;
  }

  /** Reads cells: one GET, or one MGET. */
  CompletableFuture<List<byte @Nullable []>> read(List<String> cells) {
    if (cells.size() > 1) {
      return redis.getAll(cells, timeout);
    }
    return Futures.mapped(redis.get(cells.get(0), timeout), Collections::singletonList);
  }

  /**
   * Takes leases. Replies with a state and a detail, as {@code acquire.lua} says.
   *
   * @param unusable for each cell the content that the caller has read and cannot use, which the
   *     lease may replace; null if there is none
   */
  CompletableFuture<List<Reply>> acquire(
      List<String> cells,
      List<byte[]> tokens,
      Duration lease,
      List<? extends byte @Nullable []> unusable) {
    List<List<byte[]>> args = new ArrayList<>(cells.size());
    for (int i = 0; i < cells.size(); i++) {
      byte[] content = unusable.get(i);
      args.add(List.of(tokens.get(i), content == null ? NOTHING : sha1(content)));
    }
    return each(ACQUIRE, cells, List.of(millis(lease)), args, /* width= */ 2);
  }

  /** Fills cells under their leases. Replies 1 where the lease was still the caller's. */
  CompletableFuture<List<Reply>> fill(List<Fill> fills) {
    return each(
        FILL,
        fills.stream().map(Fill::cell).toList(),
        List.of(channel),
        fills.stream()
            .map(
                fill -> List.of(fill.token, digits(fill.ttlMillis), fill.content, bytes(fill.text)))
            .toList(),
        /* width= */ 1);
  }

  /** Renews leases. Replies 1 where the lease was still the caller's. */
  CompletableFuture<List<Reply>> renew(List<String> cells, List<byte[]> tokens, Duration lease) {
    return each(
        RENEW,
        cells,
        List.of(millis(lease)),
        tokens.stream().map(List::of).toList(),
        /* width= */ 1);
  }

  /** Drops cells and tells every instance. */
  CompletableFuture<List<Reply>> invalidate(List<String> cells, List<String> texts) {
    return each(
        INVALIDATE,
        cells,
        List.of(channel),
        texts.stream().map(text -> List.of(bytes(text))).toList(),
        /* width= */ 0);
  }

  /** Takes the lease of a cell whatever it holds, but for a fence: then it gives 0. */
  CompletableFuture<Long> claim(String cell, String text, byte[] token, Duration lease) {
    return one(CLAIM, cell, List.of(token, millis(lease), channel, bytes(text)));
  }

  /** Puts up a writer's fence. */
  CompletableFuture<Long> fence(String cell, String text, byte[] id, Duration length) {
    return one(FENCE, cell, List.of(id, millis(length), YES, channel, bytes(text)));
  }

  /** Renews a writer's fence. Gives 0 if it had ended. */
  CompletableFuture<Long> renewFence(String cell, String text, byte[] id, Duration length) {
    return one(FENCE, cell, List.of(id, millis(length), NO, channel, bytes(text)));
  }

  /** Lifts a writer's fence. Gives 0 if it had ended. */
  CompletableFuture<Long> unfence(String cell, String text, byte[] id) {
    return one(UNFENCE, cell, List.of(id, channel, bytes(text)));
  }

  private CompletableFuture<Long> one(LuaScript script, String cell, List<byte[]> args) {
    return Futures.mapped(
        redis.eval(script, List.of(cell), args, timeout), reply -> number(reply.get(0)));
  }

  /**
   * Runs a script on many cells: once, or once a slot of a cluster.
   *
   * @param args the arguments of each cell, behind the common ones
   * @param width how many elements the script replies for a cell; 0 if it replies for all together
   */
  private CompletableFuture<List<Reply>> each(
      LuaScript script,
      List<String> cells,
      List<byte[]> common,
      List<List<byte[]>> args,
      int width) {
    var groups = groups(cells);
    var replies = new AtomicReferenceArray<Reply>(cells.size());
    var left = new AtomicInteger(groups.size());
    var all = new CompletableFuture<List<Reply>>();
    for (List<Integer> group : groups) {
      var keys = new ArrayList<String>(group.size());
      var values = new ArrayList<>(common);
      for (int i : group) {
        keys.add(cells.get(i));
        values.addAll(args.get(i));
      }
      redis.eval(script, keys, values, timeout).whenComplete((reply, failure) -> {
        for (int at = 0; at < group.size(); at++) {
          replies.set(group.get(at), Reply.of(reply, failure, at * width, width));
        }
        if (left.decrementAndGet() == 0) {
          all.complete(list(replies));
        }
      });
    }
    return all;
  }

  private List<List<Integer>> groups(List<String> cells) {
    Map<Integer, List<Integer>> open = new LinkedHashMap<>();
    List<List<Integer>> groups = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      int slot = redis.slotOf(cells.get(i));
      var group = open.get(slot);
      if (group == null || group.size() == MAXIMUM_CELLS) {
        group = new ArrayList<>();
        open.put(slot, group);
        groups.add(group);
      }
      group.add(i);
    }
    return groups;
  }

  private static List<Reply> list(AtomicReferenceArray<Reply> replies) {
    var list = new ArrayList<Reply>(replies.length());
    for (int i = 0; i < replies.length(); i++) {
      list.add(replies.get(i));
    }
    return list;
  }

  private static byte[] sha1(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-1").digest(content);
      return HexFormat.of().formatHex(digest).getBytes(US_ASCII);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-1", e);
    }
  }

  static long number(@Nullable Object reply) {
    return reply instanceof Long number ? number : 0;
  }

  private static byte[] millis(Duration duration) {
    return digits(duration.toMillis());
  }

  private static byte[] digits(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static LuaScript script(String name) {
    return LuaScript.load(RemoteTier.class, "cache", name);
  }

  private static LuaScript fencedScript(String name) {
    return LuaScript.load(RemoteTier.class, "cache", name, "fences");
  }

  /**
   * What is to replace a lease.
   *
   * @param content what to store; if nothing, whether to tell those who wait that it is in vain
   * @param ttlMillis 0 to give the lease back and store nothing
   */
  @SuppressWarnings("ArrayRecordComponent") // an argument on its way; nobody compares two of them
  record Fill(String cell, String text, byte[] token, byte[] content, long ttlMillis) {

    private static final byte[] IN_VAIN = {'N'};

    /** Returns the order to store nothing, and to let the next who waits try. */
    static Fill giveBack(String cell, String text, byte[] token) {
      return new Fill(cell, text, token, NOTHING, /* ttlMillis= */ 0);
    }

    /** Returns the order to store nothing, since nothing that is loaded now can be stored. */
    static Fill nothing(String cell, String text, byte[] token) {
      return new Fill(cell, text, token, IN_VAIN, /* ttlMillis= */ 0);
    }
  }

  /**
   * What a script replied about one cell.
   *
   * @param state the first element
   * @param detail the second, if there is one
   * @param failure why there is no reply, else null
   */
  record Reply(
      long state, @Nullable Object detail, @Nullable Throwable failure) {

    static Reply of(@Nullable List<?> reply, @Nullable Throwable failure, int at, int width) {
      if (failure != null || reply == null || reply.size() < at + width) {
        return new Reply(
            0, null, failure == null ? new IllegalStateException("short reply") : failure);
      }
      return new Reply(
          width > 0 ? number(reply.get(at)) : 1, width > 1 ? reply.get(at + 1) : null, null);
    }
  }
}
