package dev.scaling.core.redis;

import dev.scaling.core.redis.Redis.StreamEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RBatch;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.api.stream.StreamAddArgs;
import org.redisson.api.stream.StreamMessageId;
import org.redisson.api.stream.StreamRangeArgs;
import org.redisson.client.RedisNoScriptException;
import org.redisson.client.codec.ByteArrayCodec;

/** The verbs of the port as commands of a Redisson batch, always on plain bytes. */
final class Calls {

  private static final ByteArrayCodec BYTES = ByteArrayCodec.INSTANCE;
  private static final byte[] FIELD = {'b'};

  private Calls() {}

  /** {@code GET}. */
  static final class Get extends Call<byte @Nullable []> {

    Get(String key, long deadlineNanos) {
      super("GET", key, deadlineNanos);
    }

    @Override
    CompletionStage<?> addTo(RBatch batch) {
      return batch.getBucket(routingKey, BYTES).getAsync();
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
    CompletionStage<?> addTo(RBatch batch) {
      throw new IllegalStateException("RBatch has no MGET");
    }

    @Override
    boolean travelsAlone() {
      return true;
    }

    @Override
    CompletionStage<?> send(RedissonClient client, long timeoutMillis) {
      var once = OptionalOptions.defaults()
          .codec(BYTES)
          .retryAttempts(0)
          .timeout(Duration.ofMillis(timeoutMillis));
      return client.getBuckets(once).getAsync(keys.toArray(String[]::new));
    }

    @Override
    List<byte @Nullable []> decode(@Nullable Object reply) {
      var found = (Map<?, ?>) reply;
      var values = new ArrayList<byte @Nullable []>(keys.size());
      for (String key : keys) {
        values.add(found == null ? null : (byte[]) found.get(key));
      }
      return values;
    }
  }

  /** {@code EVALSHA}, and {@code EVAL} after the server said that it does not know the script. */
  static final class Eval extends Call<List<@Nullable Object>> {

    private final LuaScript script;
    private final List<Object> keys;
    private final Object[] args;
    private volatile boolean bySource;

    Eval(LuaScript script, List<String> keys, List<byte[]> args, long deadlineNanos) {
      super("EVALSHA " + script.name(), keys.get(0), deadlineNanos);
      this.script = script;
      this.keys = List.copyOf(keys);
      this.args = args.toArray();
    }

    @Override
    CompletionStage<?> addTo(RBatch batch) {
      var scripts = batch.getScript(BYTES);
      var type = RScript.ReturnType.LIST;
      return bySource
          ? scripts.evalAsync(RScript.Mode.READ_WRITE, script.source(), type, keys, args)
          : scripts.evalShaAsync(RScript.Mode.READ_WRITE, script.sha1(), type, keys, args);
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
      return reply == null ? List.of() : new ArrayList<@Nullable Object>((Collection<?>) reply);
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
    CompletionStage<?> addTo(RBatch batch) {
      return batch.getTopic(routingKey, BYTES).publishAsync(message);
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
    CompletionStage<?> addTo(RBatch batch) {
      StreamAddArgs<byte[], byte[]> entry = StreamAddArgs.<byte[], byte[]>entry(FIELD, body)
          .trimNonStrict()
          .maxLen(maximumLength)
          .noLimit();
      return batch.<byte[], byte[]>getStream(routingKey, BYTES).addAsync(entry);
    }

    @Override
    String decode(@Nullable Object reply) {
      return String.valueOf(reply);
    }
  }

  /** {@code XRANGE}. */
  static final class Read extends Call<List<StreamEntry>> {

    private final StreamMessageId after;
    private final int maximumEntries;

    Read(String stream, String afterId, int maximumEntries, long deadlineNanos) {
      super("XRANGE", stream, deadlineNanos);
      this.after = id(afterId);
      this.maximumEntries = maximumEntries;
    }

    @Override
    CompletionStage<?> addTo(RBatch batch) {
      var range =
          StreamRangeArgs.startIdExclusive(after).endId(StreamMessageId.MAX).count(maximumEntries);
      return batch.<byte[], byte[]>getStream(routingKey, BYTES).rangeAsync(range);
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

    private static StreamMessageId id(String text) {
      int dash = text.indexOf('-');
      return new StreamMessageId(
          Long.parseLong(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
    }
  }
}
