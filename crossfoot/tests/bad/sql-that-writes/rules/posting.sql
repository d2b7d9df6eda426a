COPY flow TO 'stolen.csv'
