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
import java.util.function.Function;
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
  static Call<byte @Nullable []> get(String key, long deadlineNanos) {
    return new Plain<>(
        "GET",
        key,
        deadlineNanos,
        client -> client.writeAsync(key, BYTES, RedisCommands.GET, key),
        reply -> (byte[]) reply);
  }

  /** {@code MGET} of keys in one slot. */
  static Call<List<byte @Nullable []>> getAll(List<String> keys, long deadlineNanos) {
    String first = keys.get(0);
    return new Plain<>(
        "MGET",
        first,
        deadlineNanos,
        client -> client.writeAsync(first, BYTES, RedisCommands.MGET, keys.toArray()),
        reply -> {
          var values = new ArrayList<byte @Nullable []>(keys.size());
          for (Object value : (List<?>) Objects.requireNonNull(reply)) {
            values.add((byte[]) value);
          }
          return values;
        });
  }

  /** {@code PUBLISH}. */
  static Call<Long> publish(String channel, byte[] message, long deadlineNanos) {
    return new Plain<>(
        "PUBLISH",
        channel,
        deadlineNanos,
        client -> client.writeAsync(channel, BYTES, RedisCommands.PUBLISH, channel, message),
        reply -> reply == null ? 0L : (Long) reply);
  }

  /** {@code XADD}. */
  static Call<String> append(String stream, byte[] body, int maximumLength, long deadlineNanos) {
    Object[] params = {stream, "MAXLEN", "~", maximumLength, "*", FIELD, body};
    return new Plain<>(
        "XADD",
        stream,
        deadlineNanos,
        client -> client.writeAsync(stream, StringCodec.INSTANCE, RedisCommands.XADD, params),
        String::valueOf);
  }

  /** {@code XRANGE}. */
  static Call<List<StreamEntry>> read(
      String stream, String afterId, int maximumEntries, long deadlineNanos) {
    Object[] params = {stream, "(" + afterId, "+", "COUNT", maximumEntries};
    return new Plain<>(
        "XRANGE",
        stream,
        deadlineNanos,
        client -> client.writeAsync(stream, BYTES, RedisCommands.XRANGE, params),
        reply -> reply == null ? List.of() : entries((Map<?, ?>) reply));
  }

  private static List<StreamEntry> entries(Map<?, ?> reply) {
    var entries = new ArrayList<StreamEntry>();
    reply.forEach((id, fields) -> entries.add(new StreamEntry(
        String.valueOf(id), (byte[]) ((Map<?, ?>) fields).values().iterator().next())));
    return Collections.unmodifiableList(entries);
  }

  /** A command that is sent as it is. */
  private static final class Plain<T extends @Nullable Object> extends Call<T> {

    private final String verb;
    private final Function<CommandAsyncExecutor, CompletionStage<?>> send;
    private final Function<@Nullable Object, T> decode;

    Plain(
        String verb,
        String routingKey,
        long deadlineNanos,
        Function<CommandAsyncExecutor, CompletionStage<?>> send,
        Function<@Nullable Object, T> decode) {
      super(routingKey, deadlineNanos);
      this.verb = verb;
      this.send = send;
      this.decode = decode;
    }

    @Override
    String verb() {
      return verb;
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      return send.apply(executor);
    }

    @Override
    T decode(@Nullable Object reply) {
      return decode.apply(reply);
    }
  }

  /** {@code EVALSHA}, and {@code EVAL} after the server said that it does not know the script. */
  static final class Eval extends Call<List<@Nullable Object>> {

    private final LuaScript script;
    private final List<String> keys;
    private final List<byte[]> args;
    private volatile boolean bySource;

    Eval(LuaScript script, List<String> keys, List<byte[]> args, long deadlineNanos) {
      super(keys.get(0), deadlineNanos);
      this.script = script;
      this.keys = List.copyOf(keys); // it may be sent a second time, long after the caller's call
      this.args = List.copyOf(args);
    }

    @Override
    CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
      var params = new Object[2 + keys.size() + args.size()];
      params[0] = bySource ? script.source() : script.sha1();
      params[1] = keys.size();
      int at = 2;
      for (String key : keys) {
        params[at++] = key;
      }
      for (byte[] arg : args) {
        params[at++] = arg;
      }
      return executor.writeAsync(routingKey, BYTES, bySource ? EVAL : EVALSHA, params);
    }

    @Override
    String verb() {
      return "EVALSHA " + script.name();
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
}
