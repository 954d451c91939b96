using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Npgsql;

namespace SafetyAudit.Data;

/// <summary>One column of the rows that <see cref="Bulk"/> writes: how its value goes from the entity to either database, without a box around it.</summary>
abstract class BulkColumn<TRow>(IProperty property)
{
    public string Name { get; } = property.GetColumnName();

    protected string StoreType { get; } = property.GetColumnType();

    /// <summary>Gives the value to a statement; nothing is given for NULL.</summary>
    public abstract void Give(SqliteStatement statement, int place, TRow row);

    public abstract void Write(NpgsqlBinaryImporter writer, TRow row);

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
        if (kept == typeof(string)) return new TextColumn(property, Get<string?>());
        if (kept == typeof(byte[])) return new BytesColumn(property, Get<byte[]?>());
        if (kept == typeof(DateTime)) return new ValueColumn<DateTime>(property, Get<DateTime?>(), (statement, place, v) => statement.Give(place, v));
        if (kept == typeof(DateOnly)) return new ValueColumn<DateOnly>(property, Get<DateOnly?>(), (statement, place, v) => statement.Give(place, v));
        if (kept == typeof(bool)) return new ValueColumn<bool>(property, Get<bool?>(), (statement, place, v) => statement.Give(place, v ? 1 : 0));
        if (kept == typeof(int)) return new ValueColumn<int>(property, Get<int?>(), (statement, place, v) => statement.Give(place, v));
        if (kept == typeof(long)) return new ValueColumn<long>(property, Get<long?>(), (statement, place, v) => statement.Give(place, v));
        if (kept == typeof(double)) return new ValueColumn<double>(property, Get<double?>(), (statement, place, v) => statement.Give(place, v));
        throw NotSupported();

        Func<TRow, TKept> Get<TKept>()
        {
            Expression body = Expression.Convert(known, typeof(TKept));
            if (!value.Type.IsValueType || value.Type != model)
                body = Expression.Condition(Expression.Equal(value, Expression.Constant(null, value.Type)), Expression.Default(typeof(TKept)), body);
            return Expression.Lambda<Func<TRow, TKept>>(body, row).Compile();
        }

        NotSupportedException NotSupported() => new($"No bulk column for {property.DeclaringType.Name}.{property.Name}.");
    }

    sealed class TextColumn(IProperty property, Func<TRow, string?> get) : BulkColumn<TRow>(property)
    {
        public override void Give(SqliteStatement statement, int place, TRow row)
        {
            if (get(row) is { } value) statement.Give(place, value);
        }

        public override void Write(NpgsqlBinaryImporter writer, TRow row)
        {
            if (get(row) is { } value) writer.Write(value, StoreType); else writer.WriteNull();
        }
    }

    sealed class BytesColumn(IProperty property, Func<TRow, byte[]?> get) : BulkColumn<TRow>(property)
    {
        public override void Give(SqliteStatement statement, int place, TRow row)
        {
            if (get(row) is { } value) statement.Give(place, value);
        }

        public override void Write(NpgsqlBinaryImporter writer, TRow row)
        {
            if (get(row) is { } value) writer.Write(value, StoreType); else writer.WriteNull();
        }
    }

    sealed class ValueColumn<TValue>(IProperty property, Func<TRow, TValue?> get, Action<SqliteStatement, int, TValue> give) : BulkColumn<TRow>(property) where TValue : struct
    {
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
