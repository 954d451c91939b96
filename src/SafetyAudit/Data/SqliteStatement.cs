using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SafetyAudit.Data;

/// <summary>
/// A statement that SQLite runs again and again with other values, which go by their place. The provider looks each parameter up by its name at every run,
/// which takes longer than the insert itself. Texts are written as the provider writes them.
/// </summary>
sealed class SqliteStatement : IDisposable
{
    readonly sqlite3 database;
    readonly sqlite3_stmt statement;
    byte[] scratch = new byte[1024];

    /// <param name="connection">Open; the statement runs in its transaction.</param>
    /// <param name="sql">With <c>?</c> for each value.</param>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(database, sql, out statement));
    }

    /// <summary>Forgets the values of the last run: what is not given is NULL.</summary>
    public void Clear() => Check(raw.sqlite3_clear_bindings(statement));

    public void Give(int place, long value) => Check(raw.sqlite3_bind_int64(statement, place, value));

    public void Give(int place, double value) => Check(raw.sqlite3_bind_double(statement, place, value));

    // An empty span has no address, and would be taken for NULL.
    public void Give(int place, byte[] value) => Check(value.Length == 0 ? raw.sqlite3_bind_zeroblob(statement, place, 0) : raw.sqlite3_bind_blob(statement, place, value));

    public void Give(int place, string value)
    {
        if (value.Length == 0)
        {
            Check(raw.sqlite3_bind_text(statement, place, ""));
            return;
        }
        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (scratch.Length < most) scratch = new byte[most];
        int length = Encoding.UTF8.GetBytes(value, scratch);
        Check(raw.sqlite3_bind_text(statement, place, scratch.AsSpan(0, length)));
    }

    /// <summary>yyyy-MM-dd HH:mm:ss, and what fraction there is without zeros at its end.</summary>
    public void Give(int place, DateTime value)
    {
        Span<byte> text = stackalloc byte[32];
        Digits(text, value.Year, 4);
        text[4] = (byte)'-';
        Digits(text[5..], value.Month, 2);
        text[7] = (byte)'-';
        Digits(text[8..], value.Day, 2);
        text[10] = (byte)' ';
        Digits(text[11..], value.Hour, 2);
        text[13] = (byte)':';
        Digits(text[14..], value.Minute, 2);
        text[16] = (byte)':';
        Digits(text[17..], value.Second, 2);
        int length = 19, fraction = (int)(value.Ticks % TimeSpan.TicksPerSecond);
        if (fraction > 0)
        {
            text[19] = (byte)'.';
            Digits(text[20..], fraction, 7);
            length = 27;
            while (text[length - 1] == '0') length--;
        }
        Check(raw.sqlite3_bind_text(statement, place, text[..length]));
    }

    /// <summary>yyyy-MM-dd.</summary>
    public void Give(int place, DateOnly value)
    {
        Span<byte> text = stackalloc byte[10];
        Digits(text, value.Year, 4);
        text[4] = (byte)'-';
        Digits(text[5..], value.Month, 2);
        text[7] = (byte)'-';
        Digits(text[8..], value.Day, 2);
        Check(raw.sqlite3_bind_text(statement, place, text));
    }

    /// <summary>Runs it once with the values given.</summary>
    public void Run()
    {
        int result = raw.sqlite3_step(statement);
        int ended = raw.sqlite3_reset(statement);
        if (result != raw.SQLITE_DONE) Check(ended != raw.SQLITE_OK ? ended : result);
    }

    public void Dispose() => statement?.Dispose();

    void Check(int result)
    {
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
    }

    static void Digits(Span<byte> text, int value, int count)
    {
        for (int i = count - 1; i >= 0; i--, value /= 10) text[i] = (byte)('0' + value % 10);
    }
}
