namespace SafetyAudit.Host.Demo;

/// <summary>The few ways in which the demo draws. A seeded <see cref="Random"/> has kept its sequence over all releases of .NET so far.</summary>
internal static class DemoDice
{
    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    public static double Between(this Random random, double from, double to) => from + (to - from) * random.NextDouble();

    public static T Pick<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>A whole number of seconds between two numbers of minutes: files keep no fractions of a second.</summary>
    public static TimeSpan Minutes(this Random random, double from, double to) => TimeSpan.FromSeconds(Math.Round(60 * random.Between(from, to)));

    /// <summary>Standard normal (Box and Muller 1958).</summary>
    public static double Normal(this Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
