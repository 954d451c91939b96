using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SafetyAudit.Data;

/// <summary>
/// A statement that SQLite runs again and again with other values, which go by their place. The provider looks each parameter up by its name at every run,
/// and reaches the library by way of three more layers; both take longer than the insert itself. Texts are written as the provider writes them.
/// </summary>
sealed class SqliteStatement : IDisposable
{
    readonly sqlite3 database;
    readonly sqlite3_stmt statement;
    readonly nint handle;
    byte[] scratch = new byte[1024];

    /// <param name="connection">Open; the statement runs in its transaction.</param>
    /// <param name="sql">With <c>?</c> for each value.</param>
    public SqliteStatement(SqliteConnection connection, string sql)
    {
        database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(database, sql, out statement));
        handle = statement.DangerousGetHandle();
    }

    /// <summary>Forgets the values of the last run: what is not given is NULL.</summary>
    public void Clear() => Check(Native.sqlite3_clear_bindings(handle));

    public void Give(int place, long value) => Check(Native.sqlite3_bind_int64(handle, place, value));

    public void Give(int place, double value) => Check(Native.sqlite3_bind_double(handle, place, value));

    // An empty span has no address, and would be taken for NULL.
    public void Give(int place, byte[] value) => Check(Native.sqlite3_bind_blob(handle, place, ref value.Length == 0 ? ref scratch[0] : ref value[0], value.Length, Native.Copied));

    public void Give(int place, string value)
    {
        int most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (scratch.Length < most) scratch = new byte[most];
        Text(place, ref scratch[0], Encoding.UTF8.GetBytes(value, scratch));
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
        Text(place, ref text[0], length);
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
        Text(place, ref text[0], text.Length);
    }

    /// <summary>Runs it once with the values given.</summary>
    public void Run()
    {
        int result = Native.sqlite3_step(handle), ended = Native.sqlite3_reset(handle);
        if (result != raw.SQLITE_DONE) Check(ended != raw.SQLITE_OK ? ended : result);
    }

    public void Dispose() => statement?.Dispose();

    void Text(int place, ref byte value, int length) => Check(Native.sqlite3_bind_text(handle, place, ref value, length, Native.Copied));

    void Check(int result)
    {
        if (result != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(result, database);
    }

    static void Digits(Span<byte> text, int value, int count)
    {
        for (int i = count - 1; i >= 0; i--, value /= 10) text[i] = (byte)('0' + value % 10);
    }

    // The library that the provider has loaded, called as it is. Giving a value copies it and does nothing else, so the collector need not be told.
    static class Native
    {
        const string Library = "e_sqlite3";
        public const nint Copied = -1;

        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_int64(nint statement, int place, long value);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_double(nint statement, int place, double value);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_text(nint statement, int place, ref byte value, int length, nint destructor);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_bind_blob(nint statement, int place, ref byte value, int length, nint destructor);
        [DllImport(Library), SuppressGCTransition] public static extern int sqlite3_clear_bindings(nint statement);
        [DllImport(Library)] public static extern int sqlite3_step(nint statement);
        [DllImport(Library)] public static extern int sqlite3_reset(nint statement);
    }
}
