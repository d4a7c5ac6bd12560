package dev.scaling.locks;

import dev.scaling.core.internal.ComponentLog;
import dev.scaling.locks.Node.Standing;
import org.jspecify.annotations.Nullable;

/** What a lock service says in the log. */
final class LockLog {

  private final ComponentLog log;

  LockLog(LockServiceBuilder builder) {
    log = new ComponentLog(LockService.class, builder.name, builder.time);
  }

  void failed(Node node, @Nullable Throwable failure) {
    log.warn(
        "node " + node.name + " brings no answer",
        failure == null ? "" : ": " + ComponentLog.reason(failure));
  }

  void lost(LossReason reason) {
    log.warn("a lease was lost", ": " + reason);
  }

  void stands(Node node, Standing now) {
    String condition = "node " + node.name + " has lost its memory, or never had one";
    if (now.isMember()) {
      log.over(condition, "node " + node.name + " grants locks again");
      log.over("node " + node.name + " brings no answer", "node " + node.name + " answers again");
    } else {
      log.warn(condition, "; it grants nothing for as long as the longest lease");
    }
    if (now.evicts()) {
      log.warn(
          "node " + node.name + " may evict keys when its memory is full",
          "; it then forgets leases: set maxmemory-policy to noeviction");
    }
  }

  void secondName(Node node, Node other) {
    log.warn(
        "node " + node.name + " is the same server as node " + other.name, "; it does not count");
  }

  void callbackFailed(Throwable failure) {
    log.warn("a callback failed", ": " + ComponentLog.reason(failure));
  }
}
