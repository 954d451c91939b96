using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Npgsql;

namespace SafetyAudit.Data;

/// <summary>One column of the rows that <see cref="Bulk"/> writes and reads: how its value goes from the entity to either database and back from SQLite, without a box around it.</summary>
abstract class BulkColumn<TRow>(IProperty property)
{
    public string Name { get; } = property.GetColumnName();

    protected string StoreType { get; } = property.GetColumnType();

    /// <summary>Gives the value to a statement; nothing is given for NULL.</summary>
    public abstract void Give(SqliteStatement statement, int place, TRow row);

    public abstract void Write(NpgsqlBinaryImporter writer, TRow row);

    /// <summary>Sets the property from a value that is not NULL.</summary>
    public abstract void Take(SqliteRow from, int place, TRow row);

    /// <summary>The column of a property, with the conversion of the model.</summary>
    public static BulkColumn<TRow> Of(IProperty property)
    {
        var converter = property.GetTypeMapping().Converter;
        var model = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
        var kept = converter?.ProviderClrType ?? model;
        var row = Expression.Parameter(typeof(TRow));
        Expression value = Expression.Property(row, property.PropertyInfo ?? throw NotSupported());
        Expression known = value.Type == model ? value : Expression.Property(value, "Value");
        if (converter is not null) known = ReplacingExpressionVisitor.Replace(converter.ConvertToProviderExpression.Parameters[0], known, converter.ConvertToProviderExpression.Body);
        if (kept == typeof(string)) return TextOf();
        if (kept == typeof(byte[])) return new BytesColumn(property, Get<byte[]?>(), Set<byte[]>());
        if (kept == typeof(DateTime)) return ValueOf<DateTime>((statement, place, v) => statement.Give(place, v), (row, place) => row.Instant(place));
        if (kept == typeof(DateOnly)) return ValueOf<DateOnly>((statement, place, v) => statement.Give(place, v), (row, place) => row.Date(place));
        if (kept == typeof(bool)) return ValueOf<bool>((statement, place, v) => statement.Give(place, v ? 1 : 0), (row, place) => row.Long(place) != 0);
        if (kept == typeof(int)) return ValueOf<int>((statement, place, v) => statement.Give(place, v), (row, place) => checked((int)row.Long(place)));
        if (kept == typeof(long)) return ValueOf<long>((statement, place, v) => statement.Give(place, v), (row, place) => row.Long(place));
        if (kept == typeof(double)) return ValueOf<double>((statement, place, v) => statement.Give(place, v), (row, place) => row.Double(place));
        throw NotSupported();

        BulkColumn<TRow> ValueOf<TKept>(Action<SqliteStatement, int, TKept> give, SqliteValue<TKept> take) where TKept : struct => new ValueColumn<TKept>(property, Get<TKept?>(), give, take, Set<TKept>());

        // What a text says is made of it once for as long as the rows around it say the same.
        BulkColumn<TRow> TextOf() => (BulkColumn<TRow>)Activator.CreateInstance(typeof(TextColumn<>).MakeGenericType(typeof(TRow), property.ClrType), property, Get<string?>(), FromText(), SetWhole())!;

        Delegate FromText()
        {
            var text = Expression.Parameter(typeof(string));
            return Expression.Lambda(typeof(Func<,>).MakeGenericType(typeof(string), property.ClrType), Expression.Convert(Converted(text), property.ClrType), text).Compile();
        }

        Delegate SetWhole()
        {
            var given = Expression.Parameter(property.ClrType);
            return Expression.Lambda(typeof(Action<,>).MakeGenericType(typeof(TRow), property.ClrType), Expression.Assign(value, given), row, given).Compile();
        }

        Action<TRow, TKept> Set<TKept>()
        {
            var given = Expression.Parameter(typeof(TKept));
            return Expression.Lambda<Action<TRow, TKept>>(Expression.Assign(value, Expression.Convert(Converted(given), property.ClrType)), row, given).Compile();
        }

        Expression Converted(ParameterExpression given) =>
            converter is null ? given : ReplacingExpressionVisitor.Replace(converter.ConvertFromProviderExpression.Parameters[0], given, converter.ConvertFromProviderExpression.Body);

        Func<TRow, TKept> Get<TKept>()
        {
            Expression body = Expression.Convert(known, typeof(TKept));
            if (!value.Type.IsValueType || value.Type != model)
                body = Expression.Condition(Expression.Equal(value, Expression.Constant(null, value.Type)), Expression.Default(typeof(TKept)), body);
            return Expression.Lambda<Func<TRow, TKept>>(body, row).Compile();
        }

        NotSupportedException NotSupported() => new($"No bulk column for {property.DeclaringType.Name}.{property.Name}.");
    }

    delegate TKept SqliteValue<TKept>(SqliteRow row, int place);

    sealed class TextColumn<TModel>(IProperty property, Func<TRow, string?> get, Func<string, TModel> from, Action<TRow, TModel> set) : BulkColumn<TRow>(property)
    {
        const int Places = 256;

        // What texts said lately, each at a place its bytes give it. Shared by all who read at a time, so always whole: a text and what it says.
        readonly Said?[] lately = new Said?[Places];
        int hits, misses;

        public override void Take(SqliteRow from, int place, TRow row)
        {
            var text = from.Text(place);
            // A column that says something else in every row (an id) is not remembered.
            if (misses > 4 * Places && misses > hits)
            {
                set(row, Model(text));
                return;
            }
            ref var said = ref lately[PlaceOf(text)];
            var known = said;
            if (known is not null && text.SequenceEqual(known.Text)) hits++;
            else
            {
                said = known = new(text.ToArray(), Model(text));
                misses++;
            }
            set(row, known.Model);
        }

        static int PlaceOf(ReadOnlySpan<byte> text)
        {
            uint hash = (uint)text.Length;
            foreach (byte one in text) hash = (hash ^ one) * 16777619;
            return (int)(hash >> 8) & (Places - 1);
        }

        TModel Model(ReadOnlySpan<byte> text) => from(System.Text.Encoding.UTF8.GetString(text));

        sealed record Said(byte[] Text, TModel Model);

        public override void Give(SqliteStatement statement, int place, TRow row)
        {
            if (get(row) is { } value) statement.Give(place, value);
        }

        public override void Write(NpgsqlBinaryImporter writer, TRow row)
        {
            if (get(row) is { } value) writer.Write(value, StoreType); else writer.WriteNull();
        }
    }

    sealed class BytesColumn(IProperty property, Func<TRow, byte[]?> get, Action<TRow, byte[]> set) : BulkColumn<TRow>(property)
    {
        public override void Take(SqliteRow from, int place, TRow row) => set(row, from.Bytes(place));

        public override void Give(SqliteStatement statement, int place, TRow row)
        {
            if (get(row) is { } value) statement.Give(place, value);
        }

        public override void Write(NpgsqlBinaryImporter writer, TRow row)
        {
            if (get(row) is { } value) writer.Write(value, StoreType); else writer.WriteNull();
        }
    }

    sealed class ValueColumn<TValue>(IProperty property, Func<TRow, TValue?> get, Action<SqliteStatement, int, TValue> give, SqliteValue<TValue> take, Action<TRow, TValue> set) : BulkColumn<TRow>(property) where TValue : struct
    {
        public override void Take(SqliteRow from, int place, TRow row) => set(row, take(from, place));

        public override void Give(SqliteStatement statement, int place, TRow row)
        {
            if (get(row) is { } value) give(statement, place, value);
        }

        public override void Write(NpgsqlBinaryImporter writer, TRow row)
        {
            if (get(row) is { } value) writer.Write(value, StoreType); else writer.WriteNull();
        }
    }
}
