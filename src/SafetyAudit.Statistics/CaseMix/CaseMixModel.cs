namespace SafetyAudit.Statistics;

/// <summary>What kind of outcome a case-mix model predicts.</summary>
public enum CaseMixFamily
{
    /// <summary>Whether a session had an event: logistic regression.</summary>
    Logistic,

    /// <summary>How many events: Poisson regression on the logarithm, with exposure as an offset.</summary>
    PoissonLog,
}

/// <summary>How a fit ended.</summary>
public enum FitState
{
    Converged,

    /// <summary>Fewer than 10 events per coefficient: the figures stand, but shouldn't be used to adjust.</summary>
    TooFewEvents,

    /// <summary>Coefficients ran off or the information is singular: a factor decides the outcome, or repeats another. No model.</summary>
    NotIdentified,
}

/// <summary>
/// Case-mix model by iteratively reweighted least squares (Nelder and Wedderburn 1972; McCullagh and
/// Nelder, §2.5): β ← (XᵀWX)⁻¹XᵀW z. Expected events come from it, fitted on peers.
/// </summary>
/// <remarks>
/// An intercept is added as the first coefficient. Stops when the deviance changes by less than 1e-12 of itself.
/// Reference: <c>risk_coefficients.csv</c>, <c>risk_providers.csv</c>: coefficients 1e-8, errors 1e-6.
/// </remarks>
public sealed class CaseMixModel
{
    readonly double[] coefficients, errors;

    CaseMixModel(
        CaseMixFamily family, FitState state, double[] coefficients, double[] errors, double deviance, double nullDeviance, double logLikelihood, double events, int cases)
    {
        (Family, State, this.coefficients, this.errors) = (family, state, coefficients, errors);
        (Deviance, NullDeviance, LogLikelihood, Events, Cases) = (deviance, nullDeviance, logLikelihood, events, cases);
    }

    public CaseMixFamily Family { get; }

    public FitState State { get; }

    /// <summary>Intercept first, then one per column.</summary>
    public ReadOnlySpan<double> Coefficients => coefficients;

    public ReadOnlySpan<double> StandardErrors => errors;

    public double Deviance { get; }

    public double NullDeviance { get; }

    public double LogLikelihood { get; }

    public double Events { get; }

    public int Cases { get; }

    /// <summary>Fits a model.</summary>
    /// <param name="family">Kind of outcome.</param>
    /// <param name="outcomes">0 or 1 for logistic, counts for Poisson.</param>
    /// <param name="factors">Risk factors, case by case: <paramref name="columns"/> figures for each.</param>
    /// <param name="columns">Risk factors per case.</param>
    /// <param name="exposure">Poisson: exposure of each case, above 0; empty for 1 each.</param>
    /// <exception cref="ArgumentException">The lists don't fit together.</exception>
    public static CaseMixModel Fit(
        CaseMixFamily family, ReadOnlySpan<double> outcomes, ReadOnlySpan<double> factors, int columns, ReadOnlySpan<double> exposure = default)
    {
        int n = outcomes.Length, k = columns + 1;
        if (n == 0 || factors.Length != (long)n * columns) throw new ArgumentException("Every case has an outcome and all its factors.", nameof(factors));
        if (!exposure.IsEmpty && exposure.Length != n) throw new ArgumentException("Every case has its exposure.", nameof(exposure));
        double events = 0, total = 0;
        for (int i = 0; i < n; i++)
        {
            events += outcomes[i];
            total += exposure.IsEmpty ? 1 : exposure[i];
        }
        var none = new CaseMixModel(family, FitState.NotIdentified, new double[k], new double[k], 0, 0, 0, events, n);
        if (events == 0 || (family == CaseMixFamily.Logistic && events == n)) return none;

        double common = events / total;
        var beta = new double[k];
        beta[0] = family == CaseMixFamily.Logistic ? Math.Log(common / (1 - common)) : Math.Log(common);
        double nullDeviance = 0, deviance = double.PositiveInfinity, logLikelihood = 0;
        double[] information = new double[k * k], score = new double[k], row = new double[k];
        bool converged = false;
        for (int iteration = 0; iteration < 50; iteration++)
        {
            Array.Clear(information);
            Array.Clear(score);
            double sum = 0, log = 0;
            for (int i = 0; i < n; i++)
            {
                var x = factors.Slice(i * columns, columns);
                double eta = beta[0];
                for (int j = 0; j < x.Length; j++) eta += beta[j + 1] * x[j];
                double y = outcomes[i], mean, weight;
                if (family == CaseMixFamily.Logistic)
                {
                    double e = Math.Exp(-Math.Abs(eta)), tail = 1 / (1 + e);
                    mean = eta >= 0 ? tail : e * tail;
                    weight = e * tail * tail;
                    // ln p or ln(1 − p), whichever happened.
                    log += (y > 0 == eta >= 0 ? 0 : -Math.Abs(eta)) - Elementary.LogOnePlus(e);
                }
                else
                {
                    double offset = exposure.IsEmpty ? 0 : Math.Log(exposure[i]);
                    mean = Math.Exp(eta + offset);
                    weight = mean;
                    log += y * (eta + offset) - mean - (y > 1 ? Loader.LogGamma(y + 1) : 0);
                    sum += y > 0 ? 2 * (y * Math.Log(y / mean) - (y - mean)) : 2 * mean;
                }
                double residual = y - mean;
                row[0] = weight;
                score[0] += residual;
                information[0] += weight;
                for (int a = 0; a < x.Length; a++)
                {
                    double wx = weight * x[a];
                    score[a + 1] += residual * x[a];
                    information[(a + 1) * k] += wx;
                    for (int b = 0; b <= a; b++) information[(a + 1) * k + b + 1] += wx * x[b];
                }
            }
            if (family == CaseMixFamily.Logistic) sum = -2 * log;
            if (iteration == 0) nullDeviance = sum;     // the first pass is at the intercept alone
            bool settled = Math.Abs(deviance - sum) <= 1e-12 * (Math.Abs(sum) + 0.1);
            (deviance, logLikelihood) = (sum, log);
            if (!Cholesky(information, k)) return none;
            Solve(information, k, score);
            double largest = 0;
            for (int a = 0; a < k; a++)
            {
                beta[a] += score[a];
                largest = Math.Max(largest, Math.Abs(beta[a]));
            }
            if (!(largest < 1e4)) return none;
            if (settled)
            {
                converged = true;
                break;
            }
        }
        if (!converged) return none;
        var errors = new double[k];
        for (int a = 0; a < k; a++)
        {
            Array.Clear(row);
            row[a] = 1;
            Solve(information, k, row);
            errors[a] = Math.Sqrt(row[a]);
            // Separation: the likelihood is flat in a coefficient that has run off.
            if (errors[a] > 1e3 && Math.Abs(beta[a]) > 10) return none;
        }
        return new(family, events < 10 * k ? FitState.TooFewEvents : FitState.Converged, beta, errors, deviance, nullDeviance, logLikelihood, events, n);
    }

    /// <summary>The expected outcome of a case: a probability, or a count over its exposure.</summary>
    /// <param name="factors">Its risk factors.</param>
    /// <param name="exposure">Poisson: its exposure.</param>
    public double Predict(ReadOnlySpan<double> factors, double exposure = 1)
    {
        double eta = coefficients[0];
        for (int j = 0; j < factors.Length; j++) eta += coefficients[j + 1] * factors[j];
        return Family == CaseMixFamily.Logistic ? 1 / (1 + Math.Exp(-eta)) : exposure * Math.Exp(eta);
    }

    // Lower triangle in place; false if a pivot is lost to rounding.
    static bool Cholesky(double[] m, int k)
    {
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++)
            {
                double sum = m[i * k + j];
                for (int l = 0; l < j; l++) sum -= m[i * k + l] * m[j * k + l];
                if (i != j) m[i * k + j] = sum / m[j * k + j];
                else if (sum > 1e-12 * m[i * k + i]) m[i * k + i] = Math.Sqrt(sum);
                else return false;
            }
        return true;
    }

    static void Solve(double[] m, int k, double[] x)
    {
        for (int i = 0; i < k; i++)
        {
            for (int l = 0; l < i; l++) x[i] -= m[i * k + l] * x[l];
            x[i] /= m[i * k + i];
        }
        for (int i = k - 1; i >= 0; i--)
        {
            for (int l = i + 1; l < k; l++) x[i] -= m[l * k + i] * x[l];
            x[i] /= m[i * k + i];
        }
    }
}
