using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SafetyAudit.Data;

/// <summary>Rows that someone may have made unreadable.</summary>
static class ReadableRows
{
    /// <summary>Whether this is what reading a row that holds nonsense ends in.</summary>
    public static bool IsUnreadable(Exception e) =>
        e is InvalidDataException or FormatException or InvalidCastException or InvalidOperationException or OverflowException or ArgumentException or KeyNotFoundException or JsonException;

    /// <summary>The rows, up to the first that can't be read; of that one, why.</summary>
    public static async IAsyncEnumerable<(T? Row, string? Unreadable)> Readable<T>(this IAsyncEnumerable<T> rows, [EnumeratorCancellation] CancellationToken ct) where T : class
    {
        await using var each = rows.GetAsyncEnumerator(ct);
        while (true)
        {
            string? unreadable = null;
            try
            {
                if (!await each.MoveNextAsync()) yield break;
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                unreadable = e.GetBaseException().Message.ReplaceLineEndings(" ");
            }
            yield return unreadable is null ? (each.Current, null) : (null, unreadable);
            if (unreadable is not null) yield break;
        }
    }
}
