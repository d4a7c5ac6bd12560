package dev.scaling.core.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.redisson.client.RedisNoScriptException;
import org.redisson.command.CommandAsyncExecutor;

/** A call whose reply the test gives. */
final class FakeCall extends Call<Object> {

  CompletableFuture<Object> sent = new CompletableFuture<>();
  int sends;
  private boolean mayBeSentAgain = true;

  FakeCall(long deadlineNanos) {
    super("key", deadlineNanos);
  }

  @Override
  String verb() {
    return "FAKE";
  }

  @Override
  CompletionStage<?> sendBy(CommandAsyncExecutor executor) {
    sends++;
    sent = new CompletableFuture<>();
    return sent;
  }

  @Override
  Object decode(@Nullable Object reply) {
    return "decoded " + reply;
  }

  @Override
  boolean canSendAgainAfter(Throwable failure) {
    boolean again = mayBeSentAgain && failure instanceof RedisNoScriptException;
    mayBeSentAgain &= !again;
    return again;
  }
}
