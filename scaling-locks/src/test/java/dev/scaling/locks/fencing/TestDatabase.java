package dev.scaling.locks.fencing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;

/**
 * A database with a table {@code invoices} of fencing tokens and one of {@code writes}, whose ids
 * are in the order in which transactions that exclude one another wrote.
 */
final class TestDatabase {

  private final String url;
  private final String waiters;
  private final List<Connection> open = new ArrayList<>();

  /** Takes how the database is asked for the number of those that wait for a transaction. */
  TestDatabase(String url, String waiters) {
    this.url = url;
    this.waiters = waiters;
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url);
  }

  boolean isWaiting() throws SQLException {
    return count(waiters) > 0;
  }

  void createTables() throws SQLException {
    dropTables();
    execute(JdbcFenceGuard.DDL.replace("fencing_tokens", "invoices"));
    execute("CREATE TABLE writes (id INTEGER GENERATED ALWAYS AS IDENTITY,"
        + " resource VARCHAR(9), token BIGINT)");
  }

  void close() throws SQLException {
    for (Connection connection : open) {
      connection.close();
    }
    dropTables();
  }

  /** Begins a transaction that lasts until the end of the test, if nobody ends it. */
  Connection begin() throws SQLException {
    var connection = connect();
    open.add(connection);
    connection.setAutoCommit(false);
    return connection;
  }

  boolean anyGoesBack() throws SQLException {
    for (int i = 0; i < FenceHistory.RESOURCES; i++) {
      if (FenceHistory.goesBack(written(i))) {
        return true;
      }
    }
    return false;
  }

  List<Long> written(int resource) throws SQLException {
    List<Long> tokens = new ArrayList<>();
    try (var connection = connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(
            "SELECT token FROM writes WHERE resource = 'r" + resource + "' ORDER BY id")) {
      while (rows.next()) {
        tokens.add(rows.getLong(1));
      }
    }
    return tokens;
  }

  static void write(Connection connection, String resource, long token) throws SQLException {
    execute(
        connection,
        "INSERT INTO writes (resource, token) VALUES ('" + resource + "', " + token + ")");
  }

  void inTransaction(Work work) {
    unchecked(() -> {
      try (var connection = connect()) {
        connection.setAutoCommit(false);
        work.run(connection);
        connection.commit();
        return true;
      }
    });
  }

  void execute(String sql) throws SQLException {
    try (var connection = connect()) {
      execute(connection, sql);
    }
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  long count(String sql) throws SQLException {
    try (var connection = connect()) {
      return number(connection, sql);
    }
  }

  static long number(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void dropTables() throws SQLException {
    execute("DROP TABLE IF EXISTS invoices");
    execute("DROP TABLE IF EXISTS writes");
  }

  static <T> T unchecked(Callable<T> call) {
    try {
      return call.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  /** What a transaction does. */
  interface Work {
    void run(Connection connection) throws SQLException;
  }
}
