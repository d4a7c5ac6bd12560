package dev.scaling.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.redis.Redis.StreamEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.redisson.client.RedisNoScriptException;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.StringCodec;
import org.redisson.client.protocol.RedisCommand;
import org.redisson.client.protocol.RedisCommands;
import org.redisson.command.CommandAsyncExecutor;

/**
 * The verbs of the port as Redisson's commands, always on plain bytes.
 *
 * <p>Reads go out by {@code writeAsync} too: it is what makes Redisson ask the master, whatever
 * read mode its owner has set.
 */
final class Calls {

  private static final ByteArrayCodec BYTES = ByteArrayCodec.INSTANCE;

  /**
   * Lower case, which Redis does not mind: a batch of Redisson's turns what is named {@code EVAL}
   * into {@code EVALSHA}, and loads the script first only if it does not remember to have done so,
   * which it does of a server that has forgotten.
   */
  private static final RedisCommand<List<Object>> EVAL =
      new RedisCommand<>(RedisCommands.EVAL_LIST, "eval");

  private static final RedisCommand<List<Object>> EVALSHA = new RedisCommand<>(EVAL, "EVALSHA");
  private static final byte[] FIELD = {'b'};

  private Calls() {}

  /** {@code GET}. */
  static final class Get extends Call<byte @Nullable []> {

    Get(String key, long deadlineNanos) {
      super("GET", key, deadlineNanos);
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      return executor.writeAsync(routingKey, BYTES, RedisCommands.GET, routingKey);
    }

    @Override
    byte @Nullable [] decode(@Nullable Object reply) {
      return (byte[]) reply;
    }
  }

  /** {@code MGET} of keys in one slot. */
  static final class GetAll extends Call<List<byte @Nullable []>> {

    private final List<String> keys;

    GetAll(List<String> keys, long deadlineNanos) {
      super("MGET", keys.get(0), deadlineNanos);
      this.keys = keys;
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      return executor.writeAsync(routingKey, BYTES, RedisCommands.MGET, keys.toArray());
    }

    @Override
    List<byte @Nullable []> decode(@Nullable Object reply) {
      var values = new ArrayList<byte @Nullable []>(keys.size());
      for (Object value : (List<?>) Objects.requireNonNull(reply)) {
        values.add((byte[]) value);
      }
      return values;
    }
  }

  /** {@code EVALSHA}, and {@code EVAL} after the server said that it does not know the script. */
  static final class Eval extends Call<List<@Nullable Object>> {

    private final LuaScript script;
    private final List<String> keys;
    private final List<byte[]> args;
    private volatile boolean bySource;

    Eval(LuaScript script, List<String> keys, List<byte[]> args, long deadlineNanos) {
      super("EVALSHA " + script.name(), keys.get(0), deadlineNanos);
      this.script = script;
      this.keys = List.copyOf(keys); // it may be sent a second time, long after the caller's call
      this.args = List.copyOf(args);
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      var params = new ArrayList<Object>(2 + keys.size() + args.size());
      params.add(bySource ? script.source() : script.sha1());
      params.add(keys.size());
      params.addAll(keys);
      params.addAll(args);
      return executor.writeAsync(routingKey, BYTES, bySource ? EVAL : EVALSHA, params.toArray());
    }

    @Override
    boolean canSendAgainAfter(Throwable failure) {
      if (bySource || !(failure instanceof RedisNoScriptException)) {
        return false;
      }
      bySource = true;
      return true;
    }

    @Override
    List<@Nullable Object> decode(@Nullable Object reply) {
      return reply == null ? List.of() : plain((Collection<?>) reply);
    }

    /** Redisson decodes a status, such as what {@code SET} replies, to a string. */
    private static List<@Nullable Object> plain(Collection<?> reply) {
      var elements = new ArrayList<@Nullable Object>(reply.size());
      for (Object element : reply) {
        if (element instanceof String status) {
          elements.add(status.getBytes(UTF_8));
        } else {
          elements.add(element instanceof Collection<?> nested ? plain(nested) : element);
        }
      }
      return elements;
    }
  }

  /** {@code PUBLISH}. */
  static final class Publish extends Call<Long> {

    private final byte[] message;

    Publish(String channel, byte[] message, long deadlineNanos) {
      super("PUBLISH", channel, deadlineNanos);
      this.message = message;
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      return executor.writeAsync(routingKey, BYTES, RedisCommands.PUBLISH, routingKey, message);
    }

    @Override
    Long decode(@Nullable Object reply) {
      return reply == null ? 0L : (Long) reply;
    }
  }

  /** {@code XADD}. */
  static final class Append extends Call<String> {

    private final byte[] body;
    private final int maximumLength;

    Append(String stream, byte[] body, int maximumLength, long deadlineNanos) {
      super("XADD", stream, deadlineNanos);
      this.body = body;
      this.maximumLength = maximumLength;
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      return executor.writeAsync(
          routingKey,
          StringCodec.INSTANCE,
          RedisCommands.XADD,
          routingKey,
          "MAXLEN",
          "~",
          maximumLength,
          "*",
          FIELD,
          body);
    }

    @Override
    String decode(@Nullable Object reply) {
      return String.valueOf(reply);
    }
  }

  /** {@code XRANGE}. */
  static final class Read extends Call<List<StreamEntry>> {

    private final String after;
    private final int maximumEntries;

    Read(String stream, String afterId, int maximumEntries, long deadlineNanos) {
      super("XRANGE", stream, deadlineNanos);
      this.after = "(" + afterId;
      this.maximumEntries = maximumEntries;
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      return executor.writeAsync(
          routingKey, BYTES, RedisCommands.XRANGE, routingKey, after, "+", "COUNT", maximumEntries);
    }

    @Override
    List<StreamEntry> decode(@Nullable Object reply) {
      if (reply == null) {
        return List.of();
      }
      var entries = new ArrayList<StreamEntry>();
      for (var entry : ((Map<?, ?>) reply).entrySet()) {
        var fields = (Map<?, ?>) entry.getValue();
        entries.add(new StreamEntry(
            String.valueOf(entry.getKey()), (byte[]) fields.values().iterator().next()));
      }
      return Collections.unmodifiableList(entries);
    }
  }
}
